package lab

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/payload"
)

// Pace writes a number of records a second, evenly, over a topic's partitions in
// turn, each at once and with the time in it. Stop ends it, and returns what went
// wrong.
func (l *Lab) Pace(topic string, partitions, perSecond, size int) (stop func() error, err error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(l.Servers...),
		kgo.DefaultProduceTopic(topic),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerLinger(0),
	)
	if err != nil {
		return nil, fmt.Errorf("pace: make client: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &pacer{client: client, partitions: partitions, size: size, interval: time.Second / time.Duration(perSecond)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.run(ctx)
	}()
	return func() error {
		cancel()
		<-done
		ending, cancel := context.WithTimeout(context.Background(), flushTimeout)
		defer cancel()
		err := client.Flush(ending)
		client.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		return errors.Join(p.err, err)
	}, nil
}

// flushTimeout bounds how long the last records may take.
const flushTimeout = 10 * time.Second

type pacer struct {
	client     *kgo.Client
	partitions int
	size       int
	interval   time.Duration

	mu  sync.Mutex
	err error // the first
}

// run keeps to a schedule: after a delay it catches up.
func (p *pacer) run(ctx context.Context) {
	start := time.Now()
	for i := 0; ; i++ {
		record := &kgo.Record{
			Partition: int32(i % p.partitions),
			Value:     payload.Stamped(time.Now(), p.size),
		}
		p.client.Produce(context.Background(), record, func(_ *kgo.Record, err error) { p.note(err) })
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(start.Add(time.Duration(i+1) * p.interval))):
		}
	}
}

func (p *pacer) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("pace: %w", err)
	}
}
