package produce

import "github.com/conduitio/conduit-connector-kafka/internal/recordbatch"

type key struct {
	topic string
	id    int32
}

// queue is what is to be written to one partition, in order. It belongs to one
// goroutine at a time.
type queue struct {
	key
	batches   []*batch // not yet durable ones
	leader    int32    // which was asked last; -1: none
	err       error    // of the last attempt; nil after success
	fatal     bool     // no further attempt
	uncounted bool     // err is no reason to give up: the same goes out in another way
}

// first is the index of the first message that isn't durable.
func (q *queue) first() int {
	first := q.batches[0].indexes[0]
	for _, b := range q.batches[1:] { // in order, unless the topic was made again
		first = min(first, b.indexes[0])
	}
	return first
}

// batch is one record batch: messages of one partition that go together.
type batch struct {
	indexes []int // in the plan's messages
	writer  *recordbatch.Writer
	encoded []byte // nil until first sent; valid as long as writer is held
	stamp   stamp
	stamped bool // it has a stamp, and may have reached a broker with it
	// uncertain says that a broker may have written it: an attempt ended without an
	// answer, or with one that doesn't exclude it.
	uncertain bool
	attempts  int // that failed, in this Send
	corrupt   int // of those, how often the broker found it corrupt
}
