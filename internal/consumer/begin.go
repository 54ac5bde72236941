package consumer

import (
	"context"
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// StartAt is a more exact place to begin than Config.FromBeginning, in partitions
// for which the group has committed nothing. Zero: none.
type StartAt struct {
	Time    time.Time                  // the first record at or after it
	Offsets map[string]map[int32]int64 // by topic and partition
}

// begin decides where to begin to read a partition that the group has not read yet.
func (c *Consumer) begin(ctx context.Context, topic string, id int32) (int64, error) {
	offset, why, err := c.place(ctx, topic, id)
	if err == nil {
		c.cfg.Info(fmt.Sprintf("group %q has no committed offset for %s/%d: starting at offset %d (%s)",
			c.cfg.Group.GroupID, topic, id, offset, why))
	}
	return offset, err
}

func (c *Consumer) place(ctx context.Context, topic string, id int32) (offset int64, why string, err error) {
	if offset, ok := c.cfg.StartAt.Offsets[topic][id]; ok && !c.known.isRemade(topic) {
		return c.within(ctx, topic, id, offset)
	}
	at, why := cluster.Latest, "what is written from now on"
	switch {
	case c.cfg.FromBeginning:
		at, why = cluster.Earliest, "the first record"
	case c.known.isNew(topic, id):
		at, why = cluster.Earliest, "the first record, since the partition is newer than the group"
	case !c.cfg.StartAt.Time.IsZero():
		at, why = c.cfg.StartAt.Time.UnixMilli(), "the first record at or after "+c.cfg.StartAt.Time.Format(time.RFC3339)
	}
	offset, err = c.client.ListOffset(ctx, topic, id, at, c.cfg.Fetch.ReadCommitted)
	if err == nil && offset < 0 {
		why = "the end, since there is not yet " + why
		offset, err = c.client.ListOffset(ctx, topic, id, cluster.Latest, c.cfg.Fetch.ReadCommitted)
	}
	return offset, why, err
}

// within checks an offset that startAt names before it is committed: a mistake must
// not outlive its correction.
func (c *Consumer) within(ctx context.Context, topic string, id int32, offset int64) (int64, string, error) {
	first, err := c.client.ListOffset(ctx, topic, id, cluster.Earliest, false)
	if err != nil {
		return 0, "", err
	}
	end, err := c.client.ListOffset(ctx, topic, id, cluster.Latest, false)
	if err != nil {
		return 0, "", err
	}
	if offset >= first && offset <= end {
		return offset, "startAt names it", nil
	}
	to, err := c.resetTo(ctx, topic, id, offset, first, end)
	return to, fmt.Sprintf("startAt names %d, which is not in the log", offset), err
}
