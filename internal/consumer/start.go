package consumer

import (
	"context"
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
)

// stopStarting stops the work that Assigned began. What is not started yet stays
// in c.starting.
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
	retry := cluster.NewRetry(20*time.Millisecond, time.Second)
	for {
		err := c.learn(ctx, c.starting.Topics())
		if err == nil {
			var committed group.Offsets
			if committed, err = c.member.Committed(ctx, c.starting); err == nil {
				err = c.startSome(ctx, committed)
			}
		}
		// Where nothing was committed, the start is committed now: after a crash
		// "latest" must mean the same place.
		c.requestCommit()
		if c.starting.Len() == 0 {
			return nil
		}
		if !cluster.Retriable(err) {
			return err
		}
		c.cfg.Group.Warn("find where to start, will try again", err)
		if !retry.Wait(ctx) {
			return ctx.Err()
		}
		if _, err := c.client.Refresh(ctx, c.starting.Topics(), false); cluster.Hopeless(err) {
			return err
		}
	}
}

// startSome starts what it can and takes it out of c.starting. Its error is the
// last one.
func (c *Consumer) startSome(ctx context.Context, committed group.Offsets) error {
	var last error
	done := group.Partitions{}
	for _, topic := range c.starting.Topics() {
		for _, id := range c.starting[topic] {
			at, ok := committed[topic][id]
			if !ok || c.ofAnother(topic, at) {
				at = group.Offset{At: -1, LeaderEpoch: -1}
			}
			t, _ := c.client.Cached(topic)
			offset, epoch, err := c.start(ctx, topic, id, at)
			if err != nil {
				last = err
				continue
			}
			c.known.reading(t, id)
			c.tracker.Add(topic, id, offset, at.At)
			c.fetcher.Add([]fetch.Start{{Topic: topic, TopicID: t.ID, Partition: id, Offset: offset, LeaderEpoch: epoch}})
			done[topic] = append(done[topic], id)
		}
	}
	c.starting = c.starting.Minus(done)
	return last
}

// start decides where to begin to read a partition. With the offset comes the
// leader epoch of the record in front of it, -1 if unknown.
func (c *Consumer) start(ctx context.Context, topic string, id int32, committed group.Offset) (int64, int32, error) {
	if committed.At < 0 {
		offset, err := c.begin(ctx, topic, id)
		return offset, -1, err
	}
	r := c.cfg.Resume
	// Consumers leave a note with their commits, Kafka's own tool that resets
	// offsets does not: what somebody reset on purpose is read again.
	if r != nil && r.Topic == topic && r.Partition == id && committed.At <= r.Offset && committed.Metadata != "" {
		c.cfg.Info(fmt.Sprintf("records of %s/%d from offset %d to %d were acknowledged, though the commit was lost: going on behind them",
			topic, id, committed.At, r.Offset))
		return r.Offset + 1, -1, nil
	}
	return committed.At, committed.LeaderEpoch, nil
}
