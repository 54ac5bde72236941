package consumer

import (
	"context"
	"fmt"
	"sync"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
)

// ResetPolicy is where to go on in a partition whose offset is not in its log.
type ResetPolicy int8

// The reset policies. ResetError ends the consumer with an error.
const (
	ResetEarliest ResetPolicy = iota
	ResetLatest
	ResetError
)

// reset finds where to go on in partitions that can't be read on from their offsets.
func (c *Consumer) reset(ctx context.Context, lost []fetch.Lost, found func(fetch.Found) bool) {
	var wg sync.WaitGroup
	for _, l := range lost {
		wg.Go(func() { found(c.resetOne(ctx, l)) })
	}
	wg.Wait()
}

func (c *Consumer) resetOne(ctx context.Context, l fetch.Lost) fetch.Found {
	first, err := c.client.ListOffset(ctx, l.Topic, l.Partition, cluster.Earliest, false)
	if err != nil {
		return fetch.Found{Lost: l, Err: err}
	}
	end, err := c.client.ListOffset(ctx, l.Topic, l.Partition, cluster.Latest, false)
	if err != nil {
		return fetch.Found{Lost: l, Err: err}
	}
	to := first
	goOn := c.tracker.Rewind
	switch {
	case l.Why == fetch.Recreated:
		t := c.recreated(l, first)
		goOn = func(topic string, id int32, at int64) {
			c.tracker.Restart(topic, id, at)
			c.known.reading(t, id)
		}
	case l.Why == fetch.Diverged:
		to = max(first, l.Agreed)
		c.diverged(l, to)
	case l.Offset >= first && l.Offset <= end && !l.Insisted:
		return fetch.Found{Lost: l, To: l.Offset} // it was a replica that lagged behind
	default:
		if to, err = c.resetTo(ctx, l.Topic, l.Partition, l.Offset, first, end); err != nil {
			return fetch.Found{Lost: l, Err: err}
		}
		if to >= l.Offset {
			goOn = c.tracker.Skip
		}
	}
	return fetch.Found{Lost: l, To: to, Apply: func() {
		c.cfg.Hooks.reset()
		goOn(l.Topic, l.Partition, to)
		c.requestCommit()
	}}
}

func (c *Consumer) recreated(l fetch.Lost, first int64) cluster.Topic {
	t, _ := c.client.Cached(l.Topic)
	c.known.identify(map[string]cluster.Topic{l.Topic: t})
	c.cfg.Group.Warn(fmt.Sprintf("topic %q was deleted and made again: reading partition %d from offset %d", l.Topic, l.Partition, first),
		fmt.Errorf("what was in the old topic behind offset %d was not read", l.Offset))
	return t
}

func (c *Consumer) diverged(l fetch.Lost, to int64) {
	c.cfg.Group.Warn(fmt.Sprintf("an unclean leader election took offsets %d to %d of %s/%d, which were read, out of the log: going on at %d with what is there now",
		to, l.Offset-1, l.Topic, l.Partition, to), fmt.Errorf("up to %d records exist only where they were written to", l.Offset-to))
}

// resetTo chooses where to go on instead of offset, which is not in the log, and
// says which records that costs. The log has first up to, not including, end.
func (c *Consumer) resetTo(ctx context.Context, topic string, id int32, offset, first, end int64) (int64, error) {
	what := fmt.Sprintf("offset %d of %s/%d, where group %q is to go on, is not in the log, which has %d to %d",
		offset, topic, id, c.cfg.Group.GroupID, first, end)
	var to int64
	switch c.cfg.Reset {
	case ResetError:
		return 0, fmt.Errorf("%s: %s, and autoOffsetReset is error: commit another offset for the group, or name another one in startAt where it has committed none, or set autoOffsetReset to earliest or latest: %w",
			what, missing(offset, first, end), kafkago.OffsetOutOfRange)
	case ResetLatest:
		var err error
		if to, err = c.client.ListOffset(ctx, topic, id, cluster.Latest, c.cfg.Fetch.ReadCommitted); err != nil {
			return 0, err
		}
	default:
		to = first
	}
	c.cfg.Group.Warn(fmt.Sprintf("%s: going on at offset %d", what, to), fmt.Errorf("%s", gap(offset, to)))
	return to, nil
}

// missing tells what the log lacks.
func missing(offset, first, end int64) string {
	if offset < first {
		return fmt.Sprintf("offsets %d to %d, up to %d records, were deleted", offset, first-1, first-offset)
	}
	return fmt.Sprintf("offsets %d to %d, %d in all, are not there", end, offset-1, offset-end)
}

// gap tells what lies between the offset that was wanted and the one taken.
func gap(wanted, taken int64) string {
	if taken < wanted {
		return fmt.Sprintf("offsets %d to %d, %d in all, are read again if they were read before", taken, wanted-1, wanted-taken)
	}
	return fmt.Sprintf("offsets %d to %d, up to %d records, are not read", wanted, taken-1, taken-wanted)
}
