package produce

import (
	"cmp"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// queue is what is to be written to one partition, in order. It belongs to one
// goroutine at a time.
type queue struct {
	message.TopicPartition
	batches   []*batch           // not yet durable ones
	topicID   cluster.TopicID    // for which the partition was chosen; zero: unknown
	leader    int32              // which was asked last; -1: none
	sent      bool               // the last attempt had a request for it
	err       error              // of the last attempt; nil after success
	last      error              // of the last attempt that time did not cut short; nil after success
	denials   cluster.Insistence // in a row
	fatal     bool               // no further attempt
	uncounted bool               // err is no reason to give up: the same goes out in another way

	redirected   bool // the broker that refused the last attempt has named another leader
	redirections int  // in a row, without a batch that was written
}

// batch is one record batch: messages of one partition that go together.
type batch struct {
	indexes []int // in the plan's messages
	writer  *recordbatch.Writer
	encoded recordbatch.Encoded // none until first sent; valid as long as writer is held
	stamp   stamp
	stamped bool // it has a stamp, and may have reached a broker with it
	// uncertain says that a broker may have written it: an attempt ended without an
	// answer, or with one that doesn't exclude it.
	uncertain bool
	named     bool  // it was sent to a topic of this name, whichever that was
	astray    bool  // a broker did not know the topic's ID
	attempts  int   // that failed, in this Send
	corrupt   int   // of those, how often the broker found it corrupt
	refused   error // why it is not sent again in this Send, nor what comes after it
}

// requestSize is what the first batch of a queue adds to a request, in bytes, at most.
func (q *queue) requestSize() int {
	b := q.batches[0]
	return perQueue + len(q.Topic) + cmp.Or(b.encoded.Size(), b.writer.Size())
}

// lesson has the error on which the time was spent, where the last attempt only had too
// little of it.
func (q *queue) lesson(outOfTime bool) {
	if outOfTime && q.last != nil && !q.fatal {
		q.err = q.last
	} else {
		q.last = q.err
	}
}
