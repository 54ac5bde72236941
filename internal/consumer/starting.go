package consumer

import (
	"context"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
)

// How long it takes until the start of partitions is tried again.
const (
	minStartRetry = 20 * time.Millisecond
	maxStartRetry = time.Second
)

// stopStarting stops the work that Assigned began. What is not started yet stays
// in c.starting. It waits for no broker.
func (c *Consumer) stopStarting() {
	if c.stopStart != nil {
		c.stopStart()
		<-c.startDone
		c.stopStart = nil
	}
}

func (c *Consumer) resumeStarting() {
	if c.starting.Len() == 0 {
		return
	}
	var ctx context.Context
	ctx, c.stopStart = context.WithCancel(c.life)
	done := make(chan struct{})
	c.startDone = done
	go func() {
		defer close(done)
		if err := c.startPartitions(ctx); err != nil && ctx.Err() == nil {
			c.end(err)
		}
	}()
}

// startPartitions finds out where to start and starts, each partition as soon as that is
// known: one that can't be reached, or that metadata does not describe, must not hold up
// the others.
func (c *Consumer) startPartitions(ctx context.Context) error {
	s := &starter{Consumer: c, all: c.starting.Len(), done: group.Partitions{}, denied: group.Partitions{}, retry: cluster.NewRetry(minStartRetry, maxStartRetry)}
	s.ctx, s.fail = context.WithCancelCause(ctx)
	defer s.fail(nil)
	for left, misses := c.starting, 0; left.Len() > 0; {
		var err error
		if left, err = s.begin(left, misses < patience); err == nil {
			continue
		}
		s.end(misses, err)
		if misses = s.missed(misses, err); !s.retry.WaitAfter(s.ctx, misses) {
			break
		}
	}
	s.tries.Wait()
	c.starting = c.starting.Minus(s.done)
	return context.Cause(s.ctx)
}

// patience is how many attempts in a row, some seconds of them, may be in vain before a
// partition starts without what nobody tells. A warning comes as often.
const patience = 10
