package produce

import (
	"context"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

type key struct {
	topic string
	id    int32
}

// plan is what one Send writes: for each partition a queue of record batches.
type plan struct {
	producer *Producer
	messages []message.Message // up to the first that can't be sent
	from     int               // those in front are done with
	durable  []bool            // by message
	queues   []*queue
	topics   map[string]*topicPlan
}

// topicPlan is what a plan knows of a topic.
type topicPlan struct {
	cluster.Topic
	queues map[int32]*queue // by partition
}

// queue is what is to be written to one partition, in order. It belongs to one
// goroutine at a time.
type queue struct {
	key
	batches []*batch // not yet durable ones
	err     error    // of the last attempt; nil after success
	fatal   bool     // no further attempt
}

// first is the index of the first message that isn't durable.
func (q *queue) first() int { return q.batches[0].indexes[0] }

// batch is one record batch: messages of one partition that go together.
type batch struct {
	indexes []int // in the plan's messages
	writer  *recordbatch.Writer
	encoded []byte // nil until first sent; valid as long as writer is held
	stamp   stamp
	stamped bool // it has a stamp, and may have reached a broker with it
}

// plan divides the messages by partition and into batches. Its error is that of
// the first message which can't be sent; the plan ends in front of it.
func (p *Producer) plan(ctx context.Context, messages []message.Message) (*plan, error) {
	pl := &plan{producer: p, messages: messages, durable: make([]bool, len(messages)), topics: make(map[string]*topicPlan)}
	p.partitioner.begin()
	topic := new(topicPlan)
	for i := range messages {
		m := &messages[i]
		if err := p.checkSize(m); err != nil && p.cfg.Dropped != nil {
			p.cfg.Dropped(m, err)
			pl.durable[i] = true
			continue
		} else if err != nil {
			return pl.cut(i, err)
		}
		var err error
		if i == 0 || m.Topic != topic.Name {
			topic, err = p.topicOf(ctx, pl, m.Topic)
		}
		if err == nil {
			err = p.add(pl, topic, m, i)
		}
		if err != nil {
			return pl.cut(i, err)
		}
	}
	return pl, nil
}

// topicOf looks a topic up once in a plan.
func (p *Producer) topicOf(ctx context.Context, pl *plan, name string) (*topicPlan, error) {
	if t, ok := pl.topics[name]; ok {
		return t, nil
	}
	topic, err := p.topic(ctx, name)
	if err != nil {
		return nil, err
	}
	t := &topicPlan{topic, make(map[int32]*queue)}
	pl.topics[name] = t
	return t, nil
}

// cut ends the plan in front of message i, which can't be sent.
func (pl *plan) cut(i int, err error) (*plan, error) {
	err = pl.recordError(i, err)
	pl.messages, pl.durable = pl.messages[:i], pl.durable[:i]
	return pl, err
}

func (pl *plan) recordError(i int, err error) error {
	return &RecordError{Index: i, Position: pl.messages[i].Position, Err: err}
}

func (p *Producer) add(pl *plan, topic *topicPlan, m *message.Message, i int) error {
	id, err := p.partitioner.partition(topic.Topic, m)
	if err != nil {
		return err
	}
	q := topic.queues[id]
	if q == nil {
		q = &queue{key: key{m.Topic, id}}
		topic.queues[id] = q
		pl.queues = append(pl.queues, q)
	}
	var b *batch
	if n := len(q.batches); n > 0 {
		b = q.batches[n-1]
	}
	if b == nil || b.writer.Size()+b.writer.SizeOf(&m.Record) > p.cfg.BatchBytes {
		b = &batch{writer: p.writer()}
		b.writer.Reset()
		q.batches = append(q.batches, b)
	}
	if err := b.writer.Append(&m.Record); err != nil {
		return err
	}
	b.indexes = append(b.indexes, i)
	return nil
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
	for _, q := range pl.queues {
		if len(q.batches) > 0 {
			return false
		}
	}
	return true
}

// limit is the index of the first message that no retry can help; nothing behind
// it needs to be written any more. It is the number of messages if there is none.
func (pl *plan) limit() int {
	at, _ := pl.earliest(func(q *queue) bool { return q.fatal })
	return at
}

// failed returns the first message that isn't durable because of an error, and
// that error.
func (pl *plan) failed() (int, error) { return pl.earliest(func(*queue) bool { return true }) }

func (pl *plan) earliest(want func(*queue) bool) (int, error) {
	first, err := len(pl.messages), error(nil)
	for _, q := range pl.queues {
		if len(q.batches) > 0 && q.err != nil && want(q) && q.first() < first {
			first, err = q.first(), q.err
		}
	}
	return first, err
}

// unsettledTopics lists the topics with something left to write.
func (pl *plan) unsettledTopics() []string {
	seen := make(map[string]bool)
	var topics []string
	for _, q := range pl.queues {
		if len(q.batches) > 0 && !seen[q.topic] {
			seen[q.topic] = true
			topics = append(topics, q.topic)
		}
	}
	return topics
}

// settled takes the first batch off a queue as written.
func (pl *plan) settled(q *queue) {
	b := q.batches[0]
	pl.producer.cfg.Hooks.written(len(b.indexes), len(b.encoded))
	pl.finished(q)
}

// finished takes the first batch off a queue.
func (pl *plan) finished(q *queue) {
	b := q.batches[0]
	for _, i := range b.indexes {
		pl.durable[i] = true
	}
	q.batches = q.batches[1:]
	q.err = nil
	pl.producer.free(b.writer)
}

// release gives the buffers of unwritten batches back.
func (pl *plan) release() {
	for _, q := range pl.queues {
		for _, b := range q.batches {
			pl.producer.free(b.writer)
		}
		q.batches = nil
	}
}
