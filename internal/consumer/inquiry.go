package consumer

import (
	"context"
	"sync"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// question asks the leader of a partition for offsets.
type question struct {
	message.TopicPartition
	readCommitted bool
	timestamps    []int64 // each once
	// answer gets an offset for each of the timestamps, or an error. It may have
	// another question about the partition.
	answer func(offsets []int64, err error) *question
}

// inquire asks many questions, all leaders at the same time and with one request where
// a partition has one timestamp, and calls settled after the answers of each request.
// No two of its calls overlap. It returns when all is answered, soon after ctx ends.
func (c *Consumer) inquire(ctx context.Context, questions []*question, settled func()) {
	i := &inquiry{consumer: c, ctx: ctx, settled: settled, open: make(map[message.TopicPartition]*answering)}
	i.mu.Lock()
	i.ask(questions)
	i.mu.Unlock()
	i.requests.Wait()
}

// inquiry is inquire at work.
type inquiry struct {
	consumer *Consumer
	ctx      context.Context
	settled  func()
	requests sync.WaitGroup

	mu   sync.Mutex // not held while a broker is waited for
	open map[message.TopicPartition]*answering
}

// answering is a question whose answers are coming.
type answering struct {
	*question
	offsets []int64
	left    int
	err     error
}

// ask sends questions on their way. The lock is held.
func (i *inquiry) ask(questions []*question) {
	queries := make(map[bool][]cluster.OffsetQuery) // by readCommitted
	for _, q := range questions {
		i.open[q.TopicPartition] = &answering{question: q, offsets: make([]int64, len(q.timestamps)), left: len(q.timestamps)}
		for _, ts := range q.timestamps {
			queries[q.readCommitted] = append(queries[q.readCommitted], cluster.OffsetQuery{Topic: q.Topic, Partition: q.Partition, Timestamp: ts})
		}
	}
	for readCommitted, queries := range queries {
		i.requests.Go(func() { i.consumer.client.ListOffsets(i.ctx, readCommitted, queries, i.found) })
	}
}

func (i *inquiry) found(answers []cluster.OffsetAnswer) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var next []*question
	for _, a := range answers {
		o := i.open[message.TopicPartition{Topic: a.Topic, Partition: a.Partition}]
		o.take(a)
		if o.left > 0 {
			continue
		}
		if q := o.answer(o.offsets, o.err); q != nil {
			next = append(next, q)
		}
	}
	i.ask(next)
	i.settled()
}

func (o *answering) take(a cluster.OffsetAnswer) {
	o.left--
	if o.err == nil {
		o.err = a.Err
	}
	for n, ts := range o.timestamps {
		if ts == a.Timestamp {
			o.offsets[n] = a.Offset
		}
	}
}
