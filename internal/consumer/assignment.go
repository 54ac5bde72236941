package consumer

import (
	"context"
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
)

// ackGrace is how long a revocation waits for the acknowledgements of records
// that are being processed.
const ackGrace = 2 * time.Second

// Assigned finds out where to start and starts reading.
func (c *Consumer) Assigned(ctx context.Context, p group.Partitions) {
	c.begins.Add(1)
	go func() {
		defer c.begins.Done()
		if err := c.begin(ctx, p); err != nil && ctx.Err() == nil {
			c.fetcher.Fail(err)
			c.end()
		}
	}()
}

func (c *Consumer) begin(ctx context.Context, p group.Partitions) error {
	if p.Len() == 0 {
		return nil
	}
	committed, err := c.member.Committed(ctx, p)
	if err != nil {
		return err
	}
	var starts []fetch.Start
	for _, topic := range p.Topics() {
		for _, id := range p[topic] {
			at, ok := committed[topic][id]
			if !ok {
				at.At = -1
			}
			start, err := c.start(ctx, topic, id, at)
			if err != nil {
				return err
			}
			c.tracker.Add(topic, id, start, at.At)
			starts = append(starts, fetch.Start{Topic: topic, Partition: id, Offset: start})
		}
	}
	c.fetcher.Add(starts)
	// Where nothing was committed, the start is committed now: after a crash
	// "latest" must mean the same place.
	c.requestCommit()
	return nil
}

// start decides where to begin to read a partition.
func (c *Consumer) start(ctx context.Context, topic string, id int32, committed group.Offset) (int64, error) {
	if committed.At < 0 {
		at := cluster.Latest
		if c.cfg.FromBeginning {
			at = cluster.Earliest
		}
		offset, err := c.client.ListOffset(ctx, topic, id, at, c.cfg.Fetch.ReadCommitted)
		if err == nil {
			c.cfg.Info(fmt.Sprintf("group %q has no committed offset for %s/%d: starting at offset %d (readFromBeginning: %t)",
				c.cfg.Group.GroupID, topic, id, offset, c.cfg.FromBeginning))
		}
		return offset, err
	}
	r := c.cfg.Resume
	// Consumers leave a note with their commits, Kafka's own tool that resets
	// offsets does not: what somebody reset on purpose is read again.
	if r != nil && r.Topic == topic && r.Partition == id && committed.At <= r.Offset && committed.Metadata != "" {
		c.cfg.Info(fmt.Sprintf("records of %s/%d from offset %d to %d were acknowledged, though the commit was lost: going on behind them",
			topic, id, committed.At, r.Offset))
		return r.Offset + 1, nil
	}
	return committed.At, nil
}

// Revoked stops reading, waits a moment for records that are being processed,
// and commits.
func (c *Consumer) Revoked(ctx context.Context, p group.Partitions) {
	c.begins.Wait()
	c.stopReading(p)
	if !c.closing.Load() {
		c.awaitAcks(ctx, p)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.hard, cancel)()
	err := c.commit(ctx)
	if err != nil {
		c.cfg.Group.Warn("commit at the revocation of partitions: records may be read again", err)
	}
	c.commitMu.Lock()
	c.commitErr = err
	c.commitMu.Unlock()
	c.forget(p)
}

// Lost stops reading without a commit: the partitions are somebody else's.
func (c *Consumer) Lost(p group.Partitions) {
	c.begins.Wait()
	c.stopReading(p)
	c.forget(p)
}

func (c *Consumer) stopReading(p group.Partitions) {
	for topic, ids := range p {
		for _, id := range ids {
			c.fetcher.Remove(topic, id)
		}
	}
}

func (c *Consumer) forget(p group.Partitions) {
	for topic, ids := range p {
		for _, id := range ids {
			c.tracker.Remove(topic, id)
		}
	}
}

func (c *Consumer) awaitAcks(ctx context.Context, p group.Partitions) {
	ctx, cancel := context.WithTimeout(ctx, ackGrace)
	defer cancel()
	for topic, ids := range p {
		for _, id := range ids {
			if c.tracker.WaitAcked(ctx, topic, id) != nil {
				return
			}
		}
	}
}

// reset finds where to go on in a partition whose offset is not in its log: the
// records up to the log's start were deleted, or the topic is another one now.
func (c *Consumer) reset(ctx context.Context, topic string, id int32, offset int64) (int64, error) {
	first, err := c.client.ListOffset(ctx, topic, id, cluster.Earliest, false)
	if err != nil {
		return 0, err
	}
	last, err := c.client.ListOffset(ctx, topic, id, cluster.Latest, false)
	if err != nil {
		return 0, err
	}
	if offset >= first && offset <= last {
		return offset, nil // it was a replica that lagged behind
	}
	c.cfg.Group.Warn(fmt.Sprintf("offset %d of %s/%d is not in the log, which has %d to %d: going on at the first", offset, topic, id, first, last),
		fmt.Errorf("%d records may be missing", max(0, first-offset)))
	if first < offset {
		// A new log: what was read of the old one must not count for this one.
		wait, cancel := context.WithTimeout(ctx, ackGrace)
		_ = c.tracker.WaitAcked(wait, topic, id)
		cancel()
		c.tracker.Add(topic, id, first, -1)
	}
	return first, nil
}
