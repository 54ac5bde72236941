package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go/protocol/listoffsets"
)

// Timestamps that ask for the ends of a log instead of a time.
const (
	Latest   int64 = -1
	Earliest int64 = -2
)

// ListOffset asks the leader of a partition, as metadata has it, for the offset of
// the first record at or after a timestamp (ms), or for an end of the log. With
// readCommitted, Latest is the last stable offset: the first record of the oldest
// open transaction.
func (c *Client) ListOffset(ctx context.Context, topic string, partition int32, timestamp int64, readCommitted bool) (int64, error) {
	offset, err := c.listOffset(ctx, topic, partition, timestamp, readCommitted)
	if err != nil {
		return 0, fmt.Errorf("list offset of %s/%d: %w", topic, partition, err)
	}
	return offset, nil
}

func (c *Client) listOffset(ctx context.Context, topic string, partition int32, timestamp int64, readCommitted bool) (int64, error) {
	conn, p, err := c.leader(ctx, topic, partition)
	if err != nil {
		return 0, err
	}
	req := &listoffsets.Request{
		ReplicaID: -1,
		Topics: []listoffsets.RequestTopic{{
			Topic: topic,
			Partitions: []listoffsets.RequestPartition{{
				Partition:          partition,
				CurrentLeaderEpoch: p.LeaderEpoch,
				Timestamp:          timestamp,
			}},
		}},
	}
	if readCommitted {
		req.IsolationLevel = 1
	}
	msg, err := conn.RoundTrip(ctx, req)
	if err != nil {
		return 0, err
	}
	for _, t := range msg.(*listoffsets.Response).Topics {
		for _, p := range t.Partitions {
			if t.Topic == topic && p.Partition == partition {
				return p.Offset, CodeError(p.ErrorCode)
			}
		}
	}
	return 0, errors.New("the broker's answer does not mention it")
}
