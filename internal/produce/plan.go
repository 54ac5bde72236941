package produce

import (
	"slices"
	"sync/atomic"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// batching is how record batches are made.
type batching struct {
	writers    *writers
	batchBytes int // of one, uncompressed
	codec      recordbatch.Codec
	level      int // of compression
}

func (p *Producer) batching() batching {
	return batching{&p.writers, p.cfg.BatchBytes, p.cfg.Codec, p.cfg.Level}
}

// plan is what is written together: for each partition a queue of record batches.
type plan struct {
	batching
	messages []message.Message // up to the first that can't be sent, or not yet
	from     int               // those before it are done with
	until    int               // those from it on are held back
	durable  []bool            // by message
	kept     bool              // since an earlier Send: the messages are the producer's own
	passed   []bool            // by message: not to be sent any more, which counts as durable
	queues   []*queue
	topics   []*topicPlan
	byName   map[string]*topicPlan

	settledBatches atomic.Int64
}

// topicPlan is what a plan knows of a topic.
type topicPlan struct {
	cluster.Topic                  // as it was when partitions were chosen
	queues        map[int32]*queue // by partition
}

// cut ends the plan before message i. It can't be sent if err is not nil.
func (pl *plan) cut(i int, err error) (*plan, error) {
	if err != nil {
		err = pl.recordError(i, err)
	}
	pl.messages, pl.until, pl.durable, pl.passed = pl.messages[:i], i, pl.durable[:i], pl.passed[:i]
	return pl, err
}

// recordError is the error of a message, unless that was passed over.
func (pl *plan) recordError(i int, err error) error {
	if pl.passed[i] {
		return err
	}
	return &RecordError{Index: i, Position: pl.messages[i].Position, Err: err}
}

// put adds a message of this size to the last batch of a queue, or to a new one.
func (pl *plan) put(q *queue, size recordbatch.Measured, i int) error {
	b := pl.batchFor(q, size, i)
	if err := b.writer.AppendMeasured(size); err != nil {
		return err
	}
	b.indexes = append(b.indexes, i)
	return nil
}

// batchFor is the batch of a queue to which a message of this size is added.
func (pl *plan) batchFor(q *queue, size recordbatch.Measured, i int) *batch {
	if n := len(q.batches); n > 0 {
		b := q.batches[n-1]
		heldBack := i >= pl.until != (b.indexes[0] >= pl.until)
		if b.encoded.Size() == 0 && !heldBack && b.writer.Size()+b.writer.SizeOf(size) <= pl.batchBytes {
			return b
		}
	}
	b := &batch{writer: pl.writers.take()}
	q.batches = append(q.batches, b)
	return b
}

// written counts the durable messages from the front.
func (pl *plan) written() int {
	for i, d := range pl.durable {
		if !d {
			return i
		}
	}
	return len(pl.durable)
}

func (pl *plan) done() bool {
	return !slices.ContainsFunc(pl.queues, pl.pending)
}

// unsettledTopics lists the topics with something left to write.
func (pl *plan) unsettledTopics() []string {
	seen := make(map[string]bool)
	var topics []string
	for _, q := range pl.queues {
		if pl.pending(q) && !seen[q.Topic] {
			seen[q.Topic] = true
			topics = append(topics, q.Topic)
		}
	}
	return topics
}

// finished takes the first batch off a queue.
func (pl *plan) finished(q *queue) {
	b := q.batches[0]
	for _, i := range b.indexes {
		pl.durable[i] = true
	}
	q.batches = q.batches[1:]
	q.err, q.last, q.redirections = nil, nil, 0
	if len(q.batches) > 0 && q.batches[0].refused != nil {
		q.err, q.fatal = q.batches[0].refused, true
	}
	pl.settledBatches.Add(1)
	pl.writers.give(b.writer)
}

// release gives the buffers of unwritten batches back.
func (pl *plan) release() {
	for _, q := range pl.queues {
		for _, b := range q.batches {
			pl.writers.give(b.writer)
		}
		q.batches = nil
	}
}
