package consumer

import (
	"context"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// ackGrace is how long a revocation waits for the acknowledgements of records
// that are being processed, and ackSilence how long it waits while none comes at all.
// Conduit acknowledges many records at once when it has stored its position, which it
// does once a second: whoever is silent for longer is busy with something else.
const (
	ackGrace   = 2 * time.Second
	ackSilence = 1200 * time.Millisecond
)

// Assigned starts reading partitions, in the background.
func (c *Consumer) Assigned(p group.Partitions) {
	c.stopStarting()
	for topic, ids := range p {
		c.starting.Add(topic, ids...)
	}
	c.resumeStarting()
}

// Rebalancing commits, so that little is read again should the partitions be lost.
func (c *Consumer) Rebalancing(ctx context.Context) {
	if err := c.commit(ctx); err != nil && !expected(err) {
		c.cfg.Group.Warn("commit before joining the group again", err)
	}
}

// Revoked stops reading, waits a moment for records that are being processed,
// and commits.
func (c *Consumer) Revoked(ctx context.Context, p group.Partitions) {
	c.stopStarting()
	defer c.resumeStarting()
	c.starting = c.starting.Minus(p)
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
	c.commitErr = err
	c.forget(p)
}

// Lost stops reading without a commit: the partitions are somebody else's.
func (c *Consumer) Lost(p group.Partitions) {
	c.stopStarting()
	defer c.resumeStarting()
	c.starting = c.starting.Minus(p)
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
			last, read := c.tracker.Remove(topic, id)
			c.leave(message.TopicPartition{Topic: topic, Partition: id}, last, read)
		}
	}
}

// awaitAcks leaves at least half of the time of ctx to the commit.
func (c *Consumer) awaitAcks(ctx context.Context, p group.Partitions) {
	grace := ackGrace
	if end, ok := ctx.Deadline(); ok {
		grace = min(grace, time.Until(end)/2)
	}
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	for ctx.Err() == nil {
		before := c.tracker.Acknowledged()
		if c.allAcked(ctx, p) || c.tracker.Acknowledged() == before {
			return
		}
	}
}

// allAcked waits until all records of partitions are acknowledged, and returns false if
// they are not after a time in which some acknowledgement should have come.
func (c *Consumer) allAcked(ctx context.Context, p group.Partitions) bool {
	ctx, cancel := context.WithTimeout(ctx, ackSilence)
	defer cancel()
	for topic, ids := range p {
		for _, id := range ids {
			if c.tracker.WaitAcked(ctx, topic, id) != nil {
				return false
			}
		}
	}
	return true
}
