package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

const (
	recordSize = 100 // bytes of a value
	// A record that can't be written is larger than what the copy's topic takes, and random,
	// so that no compression makes it smaller.
	badSize  = 150_000
	maxBytes = 100_000
)

// isBad reports whether record n can't be written.
func (o *options) isBad(n int) bool { return o.bad > 0 && n%o.bad == o.bad-1 }

// record makes record n. They go to the partitions in turn.
func (o *options) record(topic string, n int) *kgo.Record {
	size := recordSize
	if o.isBad(n) {
		size = badSize
	}
	value := fmt.Appendf(make([]byte, 0, size), "%d ", n)
	for len(value) < size {
		value = append(value, byte(rand.N(256)))
	}
	return &kgo.Record{Topic: topic, Partition: int32(n % o.partitions), Key: strconv.AppendInt(nil, int64(n), 10), Value: value}
}

// numberOf is the reverse of record.
func numberOf(value []byte) (int, error) {
	digits, _, found := bytes.Cut(value, []byte(" "))
	n, err := strconv.Atoi(string(digits))
	if err != nil || !found {
		return 0, fmt.Errorf("a record has the value %.40q", value)
	}
	return n, nil
}

// deadNumber is that of a record in the dead-letter queue.
func deadNumber(value []byte) (int, error) {
	var letter struct {
		Payload struct{ After []byte }
	}
	if err := json.Unmarshal(value, &letter); err != nil {
		return 0, fmt.Errorf("read a dead letter: %w", err)
	}
	return numberOf(letter.Payload.After)
}

// writer writes numbered records until it is stopped, and then on until there are
// enough.
type writer struct {
	stopping chan struct{}
	done     chan struct{}
	written  atomic.Int64 // so far
	n        int
	err      error
}

func startWriter(ctx context.Context, client *kclient.Client, topic string, o options) *writer {
	w := &writer{stopping: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		w.n, w.err = w.write(ctx, client, topic, o)
	}()
	return w
}

func (w *writer) write(ctx context.Context, client *kclient.Client, topic string, o options) (n int, err error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	stopping := w.stopping
	for begun := time.Now(); stopping != nil || n < o.records; {
		select {
		case <-ctx.Done():
			return n, ctx.Err()
		case <-stopping:
			stopping = nil
			continue
		case <-tick.C:
		}
		var batch []*kgo.Record
		for due := int(time.Since(begun).Seconds() * float64(o.rate)); n < due; n++ {
			batch = append(batch, o.record(topic, n))
		}
		if err := client.Produce(ctx, batch...); err != nil {
			return n, err
		}
		w.written.Store(int64(n))
	}
	return n, nil
}

// stop waits until there are enough records, and returns how many there are.
func (w *writer) stop() (int, error) {
	close(w.stopping)
	<-w.done
	return w.n, w.err
}
