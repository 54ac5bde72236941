package produce

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// unknownTopicPatience is how long a topic may stay unknown. Brokers that create
// topics answer so for a moment; others always will.
const unknownTopicPatience = 5 * time.Second

// metadataMaxAge is how long new partitions may go unnoticed.
const metadataMaxAge = time.Minute

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
	byKey    map[key]*queue
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
	pl := &plan{producer: p, byKey: make(map[key]*queue)}
	p.partitioner.begin()
	topics := make(map[string]cluster.Topic)
	for i := range messages {
		m := &messages[i]
		topic, ok := topics[m.Topic]
		var err error
		if !ok {
			topic, err = p.topic(ctx, m.Topic)
			topics[m.Topic] = topic
		}
		if err == nil {
			err = p.add(pl, topic, m, i)
		}
		if err != nil {
			pl.messages = messages[:i]
			pl.durable = make([]bool, i)
			return pl, &RecordError{Index: i, Err: err}
		}
	}
	pl.messages = messages
	pl.durable = make([]bool, len(messages))
	return pl, nil
}

func (p *Producer) add(pl *plan, topic cluster.Topic, m *message.Message, i int) error {
	if size := recordbatch.BatchSizeOf(&m.Record); size > p.cfg.BatchBytes {
		return &TooLargeError{Topic: m.Topic, Size: size, Limit: p.cfg.BatchBytes}
	}
	id, err := p.partitioner.partition(topic, m)
	if err != nil {
		return err
	}
	k := key{m.Topic, id}
	q := pl.byKey[k]
	if q == nil {
		q = &queue{key: k}
		pl.byKey[k] = q
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

// topic returns a topic that has partitions, waiting for one that is just being
// created. Now and then it looks whether there are new ones.
func (p *Producer) topic(ctx context.Context, name string) (cluster.Topic, error) {
	if t, ok := p.client.Cached(name); ok && t.Err == nil && len(t.Partitions) > 0 {
		if time.Since(t.AsOf) < metadataMaxAge {
			return t, nil
		}
		if fresh, err := p.client.Refresh(ctx, []string{name}, false); err == nil && len(fresh[name].Partitions) > 0 {
			return fresh[name], nil
		}
		return t, nil
	}
	patience, cancel := context.WithTimeout(ctx, unknownTopicPatience)
	defer cancel()
	retry := cluster.NewRetry(20*time.Millisecond, 500*time.Millisecond)
	for {
		topics, err := p.client.Refresh(ctx, []string{name}, true)
		if err == nil {
			t := topics[name]
			if t.Err == nil && len(t.Partitions) > 0 {
				return t, nil
			}
			err = t.Err
		}
		if err != nil && !cluster.Retriable(err) {
			return cluster.Topic{}, fmt.Errorf("find topic %q: %w", name, err)
		}
		if !errors.Is(err, kafkago.UnknownTopicOrPartition) && retry.Wait(ctx) || retry.Wait(patience) {
			continue
		}
		if errors.Is(err, kafkago.UnknownTopicOrPartition) {
			return cluster.Topic{}, fmt.Errorf("find topic %q: it does not exist and the brokers do not create it (auto.create.topics.enable): create it, or correct the topic setting: %w", name, err)
		}
		return cluster.Topic{}, p.explain(ctx, fmt.Errorf("find topic %q: %w", name, err))
	}
}

func (pl *plan) len() int { return len(pl.messages) }

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
