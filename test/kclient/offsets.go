package kclient

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The timestamps that ListOffsets gives a meaning of their own.
const (
	latest   int64 = -1
	earliest int64 = -2
)

// StartOffsets returns the log start offset of each partition.
func (c *Client) StartOffsets(ctx context.Context, topic string) (map[int32]int64, error) {
	return c.offsets(ctx, topic, earliest, 0)
}

// EndOffsets returns the high watermark of each partition: the offset of the
// next record to come, control records included.
func (c *Client) EndOffsets(ctx context.Context, topic string) (map[int32]int64, error) {
	return c.offsets(ctx, topic, latest, 0)
}

func (c *Client) offsets(ctx context.Context, topic string, timestamp int64, isolation int8) (map[int32]int64, error) {
	meta, err := c.metadata(ctx, topic)
	if err != nil {
		return nil, err
	}
	t := kmsg.NewListOffsetsRequestTopic()
	t.Topic = topic
	for _, p := range meta.Partitions {
		part := kmsg.NewListOffsetsRequestTopicPartition()
		part.Partition, part.Timestamp = p.Partition, timestamp
		t.Partitions = append(t.Partitions, part)
	}
	req := kmsg.NewPtrListOffsetsRequest()
	req.IsolationLevel = isolation
	req.Topics = append(req.Topics, t)

	offsets := make(map[int32]int64)
	for _, shard := range c.kgo.RequestSharded(ctx, req) {
		if shard.Err != nil {
			return nil, fmt.Errorf("list offsets of %s: %w", topic, shard.Err)
		}
		for _, t := range shard.Resp.(*kmsg.ListOffsetsResponse).Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					return nil, fmt.Errorf("list offsets of %s/%d: %w", topic, p.Partition, err)
				}
				offsets[p.Partition] = p.Offset
			}
		}
	}
	return offsets, nil
}

// Committed returns the offsets that a group has committed for a topic; a
// partition without one is not in the map.
func (c *Client) Committed(ctx context.Context, group, topic string) (map[int32]int64, error) {
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group = group
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Group = group
	req.Groups = append(req.Groups, g)
	// A coordinator that has just been started may not know yet how far its own log is
	// committed, and would leave offsets out.
	req.RequireStable = true
	resp, err := askCoordinator(ctx, c, req, func(r *kmsg.OffsetFetchResponse) int16 {
		return r.Groups[0].ErrorCode
	})
	if err != nil {
		return nil, fmt.Errorf("fetch committed offsets of %s: %w", group, err)
	}
	offsets := make(map[int32]int64)
	for _, g := range resp.Groups {
		for _, t := range g.Topics {
			for _, p := range t.Partitions {
				if t.Topic == topic && p.Offset >= 0 {
					offsets[p.Partition] = p.Offset
				}
			}
		}
	}
	return offsets, nil
}

// Commit sets the offsets of a group that has no members.
func (c *Client) Commit(ctx context.Context, group, topic string, offsets map[int32]int64) error {
	meta, err := c.metadata(ctx, topic)
	if err != nil {
		return err
	}
	t := kmsg.NewOffsetCommitRequestTopic()
	t.Topic, t.TopicID = topic, meta.TopicID
	for p, o := range offsets {
		part := kmsg.NewOffsetCommitRequestTopicPartition()
		part.Partition, part.Offset = p, o
		t.Partitions = append(t.Partitions, part)
	}
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group = group
	req.Topics = append(req.Topics, t)
	resp, err := askCoordinator(ctx, c, req, func(r *kmsg.OffsetCommitResponse) int16 {
		return r.Topics[0].Partitions[0].ErrorCode
	})
	if err != nil {
		return fmt.Errorf("commit offsets of %s: %w", group, err)
	}
	for _, p := range resp.Topics[0].Partitions {
		if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
			return fmt.Errorf("commit offset of %s for %s/%d: %w", group, topic, p.Partition, err)
		}
	}
	return nil
}
