package main

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// writer writes a record to each partition again and again.
type writer struct {
	cl   *kgo.Client
	end  context.CancelFunc
	task sync.WaitGroup

	mu  sync.Mutex
	err error // of a record that was not written
}

func startWriting(servers []string, topic string, partitions int, pace time.Duration) (*writer, error) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(servers...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0))
	if err != nil {
		return nil, err
	}
	ctx, end := context.WithCancel(context.Background())
	w := &writer{cl: cl, end: end}
	w.task.Go(func() {
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for n := 0; ; n++ {
			for p := range partitions {
				cl.Produce(ctx, &kgo.Record{Topic: topic, Partition: int32(p), Value: []byte(record(p, n))}, w.wrote)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return w, nil
}

func (w *writer) wrote(_ *kgo.Record, err error) {
	if err != nil {
		w.mu.Lock()
		w.err = err
		w.mu.Unlock()
	}
}

// failed returns why a record is missing that was to be written.
func (w *writer) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// stop ends it. What is on its way then may be written or not.
func (w *writer) stop() {
	w.end()
	w.task.Wait()
	w.cl.Close()
}
