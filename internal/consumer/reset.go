package consumer

import (
	"context"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// ResetPolicy is where to go on in a partition whose offset is not in its log.
type ResetPolicy int8

// The reset policies. ResetError ends the consumer with an error.
const (
	ResetEarliest ResetPolicy = iota
	ResetLatest
	ResetError
)

// resetTo chooses where to go on instead of offset, which is not in the log, and
// says which records that costs. The log has first up to, not including, end.
func (c *Consumer) resetTo(ctx context.Context, topic string, id int32, offset, first, end int64) (int64, error) {
	what := fmt.Sprintf("offset %d of %s/%d, from which group %q wants to go on, is not in the log, which has %d to %d",
		offset, topic, id, c.cfg.Group.GroupID, first, end)
	var to int64
	switch c.cfg.Reset {
	case ResetError:
		return 0, fmt.Errorf("%s: %s, and autoOffsetReset is error: commit another offset for the group, or set autoOffsetReset to earliest or latest: %w",
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
