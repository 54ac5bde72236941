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

func (c *Consumer) goOnStarting() {
	if c.starting.Len() == 0 {
		return
	}
	var ctx context.Context
	ctx, c.stopStart = context.WithCancel(c.life)
	done := make(chan struct{})
	c.startDone = done
	go func() {
		defer close(done)
		if err := c.startAll(ctx); err != nil && ctx.Err() == nil {
			c.fetcher.Fail(err)
			c.end()
		}
	}()
}

// startAll finds out where to start and starts, each partition as soon as that is
// known: one that can't be reached must not hold up the others.
func (c *Consumer) startAll(ctx context.Context) error {
	retry := cluster.NewRetry(minStartRetry, maxStartRetry)
	for {
		err := c.learn(ctx, c.starting.Topics())
		if err == nil {
			var committed group.Offsets
			if committed, err = c.member.Committed(ctx, c.starting); err == nil {
				return c.startEach(ctx, committed)
			}
		}
		if !cluster.Retriable(err) {
			return err
		}
		c.cfg.Group.Warn("find where to start, will try again", err)
		if !retry.Wait(ctx) {
			return ctx.Err()
		}
	}
}

// place is where a partition is to be read from.
type place struct {
	topicPartition
	topicID   cluster.TopicID // of the topic that has the offset; zero: unknown
	at        int64           // -1: to be found
	epoch     int32           // leader epoch of the record before at; -1: unknown
	committed int64           // by the group, -1: nothing
	high      int64           // how far the group has been, at least
	// foreign says that no consumer of this kind has committed: an operator may have put
	// the group back, and how far it has been is to be found.
	foreign bool
}

// place decides where to start a partition, as far as no broker has to be asked.
func (c *Consumer) place(p topicPartition, committed group.Offset) place {
	t, _ := c.client.Cached(p.topic) // before it is asked for offsets: if it is made again since, that shows
	another := ofAnother(t.ID, committed)
	if another {
		committed = group.Offset{At: -1, LeaderEpoch: -1}
	}
	foreign := committed.At >= 0 && committed.Metadata == ""
	out := place{p, t.ID, committed.At, committed.LeaderEpoch, committed.At, highIn(committed), foreign}
	r, ok := c.reached[p]
	if !ok || !r.isOf(t.ID, another || c.known.isRemade(p.topic)) {
		return out
	}
	if c.goOn(p, r, committed) {
		out.at, out.epoch = r.at, r.epoch
	}
	if out.at >= 0 {
		out.high = max(out.high, r.at) // also where somebody has gone back since
	}
	return out
}
