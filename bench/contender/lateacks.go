package main

import (
	"context"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
)

// lateAcks acknowledges at intervals, in order, everything that was read until then.
// Conduit from 0.19 on does so once a second, when it has written its positions to
// disk. The first interval begins with the first record. What waits is only the
// positions, as in Conduit.
type lateAcks struct {
	ack   func(context.Context, opencdc.Position) error
	every time.Duration

	mu      sync.Mutex
	waiting []opencdc.Position
	err     error // of the first ack that failed

	stop context.CancelFunc // nil until the first record
	done chan struct{}
}

func newLateAcks(ack func(context.Context, opencdc.Position) error, every time.Duration) *lateAcks {
	return &lateAcks{ack: ack, every: every, done: make(chan struct{})}
}

// add has a record acknowledged later. It returns the error of an ack that failed
// before. Only one goroutine may call add and finish.
func (l *lateAcks) add(ctx context.Context, p opencdc.Position) error {
	if l.stop == nil {
		ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
		go l.run(ctx)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, p)
	return l.err
}

// run acknowledges until it is stopped or an ack fails.
func (l *lateAcks) run(ctx context.Context) {
	defer close(l.done)
	ticker := time.NewTicker(l.every)
	defer ticker.Stop()
	var spare []opencdc.Position
	for l.err == nil { // only ackAll sets it
		select {
		case <-ticker.C:
			spare = l.ackAll(context.WithoutCancel(ctx), spare)
		case <-ctx.Done():
			return
		}
	}
}

// ackAll acknowledges what waits. What comes meanwhile waits in spare, which it
// replaces by the slice that it returns.
func (l *lateAcks) ackAll(ctx context.Context, spare []opencdc.Position) []opencdc.Position {
	l.mu.Lock()
	due := l.waiting
	l.waiting = spare
	l.mu.Unlock()
	for _, p := range due {
		if err := l.ack(ctx, p); err != nil {
			l.mu.Lock()
			l.err = err
			l.mu.Unlock()
			break
		}
	}
	clear(due)
	return due[:0]
}

// finish acknowledges what still waits, and ends the goroutine. Later calls do nothing.
func (l *lateAcks) finish(ctx context.Context) error {
	if l.stop == nil {
		return nil
	}
	l.stop()
	<-l.done
	if l.err == nil {
		l.ackAll(ctx, nil)
	}
	return l.err
}
