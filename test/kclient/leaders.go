package kclient

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Leader returns the node id of a partition's leader, -1 while it has none.
func (c *Client) Leader(ctx context.Context, topic string, partition int32) (int32, error) {
	p, err := c.partition(ctx, topic, partition)
	return p.Leader, err
}

// MoveLeader makes another replica of a partition its leader and waits until
// every broker knows.
func (c *Client) MoveLeader(ctx context.Context, topic string, partition, node int32) error {
	if err := c.prefer(ctx, topic, partition, node); err != nil {
		return fmt.Errorf("move leader of %s/%d to node %d: %w", topic, partition, node, err)
	}
	t := kmsg.NewElectLeadersRequestTopic()
	t.Topic, t.Partitions = topic, []int32{partition}
	req := kmsg.NewPtrElectLeadersRequest()
	req.TimeoutMillis = 30000
	req.Topics = append(req.Topics, t)
	resp, err := request[*kmsg.ElectLeadersResponse](ctx, c, req)
	if err != nil {
		return fmt.Errorf("move leader of %s/%d to node %d: %w", topic, partition, node, err)
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			err := codeAndMessage(p.ErrorCode, p.ErrorMessage)
			if err != nil && !errors.Is(err, kerr.ElectionNotNeeded) {
				return fmt.Errorf("move leader of %s/%d to node %d: %w", topic, partition, node, err)
			}
		}
	}
	return c.await(ctx, topic, func(t kmsg.MetadataResponseTopic) bool {
		for _, p := range t.Partitions {
			if p.Partition == partition {
				return p.Leader == node
			}
		}
		return false
	})
}

// prefer puts node first among a partition's replicas: it is then the one that
// an election of the preferred replica elects.
func (c *Client) prefer(ctx context.Context, topic string, partition, node int32) error {
	now, err := c.partition(ctx, topic, partition)
	if err != nil {
		return err
	}
	p := kmsg.NewAlterPartitionAssignmentsRequestTopicPartition()
	p.Partition, p.Replicas = partition, []int32{node}
	for _, r := range now.Replicas {
		if r != node {
			p.Replicas = append(p.Replicas, r)
		}
	}
	if len(p.Replicas) != len(now.Replicas) {
		return fmt.Errorf("the replicas are %v", now.Replicas)
	}
	t := kmsg.NewAlterPartitionAssignmentsRequestTopic()
	t.Topic = topic
	t.Partitions = append(t.Partitions, p)
	req := kmsg.NewPtrAlterPartitionAssignmentsRequest()
	req.TimeoutMillis = 30000
	req.Topics = append(req.Topics, t)
	resp, err := request[*kmsg.AlterPartitionAssignmentsResponse](ctx, c, req)
	if err != nil {
		return err
	}
	if err := codeAndMessage(resp.ErrorCode, resp.ErrorMessage); err != nil {
		return err
	}
	done := resp.Topics[0].Partitions[0]
	return codeAndMessage(done.ErrorCode, done.ErrorMessage)
}

func (c *Client) partition(ctx context.Context, topic string, partition int32) (kmsg.MetadataResponseTopicPartition, error) {
	meta, err := c.metadata(ctx, topic)
	if err != nil {
		return kmsg.MetadataResponseTopicPartition{}, err
	}
	for _, p := range meta.Partitions {
		if p.Partition == partition {
			return p, nil
		}
	}
	return kmsg.MetadataResponseTopicPartition{}, fmt.Errorf("describe topic %s: no partition %d", topic, partition)
}
