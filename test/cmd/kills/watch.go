package main

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// watcher reads the copy and the dead letters as they come.
type watcher struct {
	client *kgo.Client
	done   chan struct{}
	topics topics

	mu      sync.Mutex
	count   int
	numbers map[int]bool
	next    map[int32]int64 // offsets of the copy
	err     error
}

func startWatcher(ctx context.Context, servers []string, t topics) (*watcher, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(servers...), kgo.ConsumeTopics(t.to, t.dead),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxWait(time.Second))
	if err != nil {
		return nil, fmt.Errorf("watch the copy: %w", err)
	}
	w := &watcher{client: client, done: make(chan struct{}), topics: t, numbers: make(map[int]bool), next: make(map[int32]int64)}
	go func() {
		defer close(w.done)
		for {
			fetches := client.PollFetches(ctx)
			if fetches.IsClientClosed() || ctx.Err() != nil {
				return
			}
			w.take(fetches)
		}
	}()
	return w, nil
}

func (w *watcher) take(fetches kgo.Fetches) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fetches.EachRecord(func(r *kgo.Record) {
		number := numberOf
		if r.Topic == w.topics.dead {
			number = deadNumber
		} else {
			w.next[r.Partition] = r.Offset + 1
		}
		n, err := number(r.Value)
		if err != nil {
			w.err = err
			return
		}
		w.count++
		w.numbers[n] = true
	})
}

func (w *watcher) close() {
	w.client.Close()
	<-w.done
}

// seen returns how many records have come, and how many different ones.
func (w *watcher) seen() (all, different int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count, len(w.numbers)
}

// mark is where the copy ends.
func (w *watcher) mark() map[int32]int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.next)
}

// await waits until all records have come, or none of them new for patience.
func (w *watcher) await(ctx context.Context, all int) error {
	_, last := w.seen()
	for since := time.Now(); last < all && time.Since(since) < patience; {
		if wait(ctx, 100*time.Millisecond); ctx.Err() != nil {
			return ctx.Err()
		}
		if _, now := w.seen(); now != last {
			last, since = now, time.Now()
		}
	}
	wait(ctx, time.Second) // for what comes twice
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}
