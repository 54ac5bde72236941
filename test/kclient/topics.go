package kclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// poll is how long the waits here let pass between two looks.
const poll = 20 * time.Millisecond

// CreateTopic creates a topic with the cluster's default replication factor
// and waits until every broker knows a leader for each partition.
func (c *Client) CreateTopic(ctx context.Context, topic string, partitions int32, configs map[string]string) error {
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = topic, partitions, -1
	for k, v := range configs {
		cfg := kmsg.NewCreateTopicsRequestTopicConfig()
		cfg.Name, cfg.Value = k, kmsg.StringPtr(v)
		t.Configs = append(t.Configs, cfg)
	}
	req := kmsg.NewPtrCreateTopicsRequest()
	req.TimeoutMillis = 30000
	req.Topics = append(req.Topics, t)
	resp, err := request[*kmsg.CreateTopicsResponse](ctx, c, req)
	if err != nil {
		return fmt.Errorf("create topic %s: %w", topic, err)
	}
	if err := codeAndMessage(resp.Topics[0].ErrorCode, resp.Topics[0].ErrorMessage); err != nil {
		return fmt.Errorf("create topic %s: %w", topic, err)
	}
	return c.awaitPartitions(ctx, topic, partitions)
}

// AddPartitions raises a topic's number of partitions to total and waits as CreateTopic does.
func (c *Client) AddPartitions(ctx context.Context, topic string, total int32) error {
	t := kmsg.NewCreatePartitionsRequestTopic()
	t.Topic, t.Count = topic, total
	req := kmsg.NewPtrCreatePartitionsRequest()
	req.TimeoutMillis = 30000
	req.Topics = append(req.Topics, t)
	resp, err := request[*kmsg.CreatePartitionsResponse](ctx, c, req)
	if err != nil {
		return fmt.Errorf("add partitions to %s: %w", topic, err)
	}
	if err := codeAndMessage(resp.Topics[0].ErrorCode, resp.Topics[0].ErrorMessage); err != nil {
		return fmt.Errorf("add partitions to %s: %w", topic, err)
	}
	return c.awaitPartitions(ctx, topic, total)
}

// SetConfig sets a configuration of a topic. Brokers may have heard of it a moment later.
func (c *Client) SetConfig(ctx context.Context, topic, name, value string) error {
	r := kmsg.NewIncrementalAlterConfigsRequestResource()
	r.ResourceType, r.ResourceName = kmsg.ConfigResourceTypeTopic, topic
	r.Configs = []kmsg.IncrementalAlterConfigsRequestResourceConfig{{Name: name, Value: kmsg.StringPtr(value)}}
	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	req.Resources = append(req.Resources, r)
	resp, err := request[*kmsg.IncrementalAlterConfigsResponse](ctx, c, req)
	if err == nil {
		err = codeAndMessage(resp.Resources[0].ErrorCode, resp.Resources[0].ErrorMessage)
	}
	if err != nil {
		return fmt.Errorf("set %s of topic %s: %w", name, topic, err)
	}
	return nil
}

// DeleteTopic deletes a topic and waits until no broker knows it any more.
func (c *Client) DeleteTopic(ctx context.Context, topic string) error {
	t := kmsg.NewDeleteTopicsRequestTopic()
	t.Topic = kmsg.StringPtr(topic)
	req := kmsg.NewPtrDeleteTopicsRequest()
	req.TimeoutMillis = 30000
	req.Topics = append(req.Topics, t)
	req.TopicNames = append(req.TopicNames, topic)
	resp, err := request[*kmsg.DeleteTopicsResponse](ctx, c, req)
	if err != nil {
		return fmt.Errorf("delete topic %s: %w", topic, err)
	}
	if err := codeAndMessage(resp.Topics[0].ErrorCode, resp.Topics[0].ErrorMessage); err != nil {
		return fmt.Errorf("delete topic %s: %w", topic, err)
	}
	return c.await(ctx, topic, func(t kmsg.MetadataResponseTopic) bool {
		return errors.Is(kerr.ErrorForCode(t.ErrorCode), kerr.UnknownTopicOrPartition)
	})
}

// DeleteRecords deletes what lies before offset: it becomes the log start.
func (c *Client) DeleteRecords(ctx context.Context, topic string, partition int32, offset int64) error {
	p := kmsg.NewDeleteRecordsRequestTopicPartition()
	p.Partition, p.Offset = partition, offset
	t := kmsg.NewDeleteRecordsRequestTopic()
	t.Topic = topic
	t.Partitions = append(t.Partitions, p)
	req := kmsg.NewPtrDeleteRecordsRequest()
	req.TimeoutMillis = 30000
	req.Topics = append(req.Topics, t)
	resp, err := request[*kmsg.DeleteRecordsResponse](ctx, c, req)
	if err != nil {
		return fmt.Errorf("delete records of %s/%d: %w", topic, partition, err)
	}
	if err := kerr.ErrorForCode(resp.Topics[0].Partitions[0].ErrorCode); err != nil {
		return fmt.Errorf("delete records of %s/%d: %w", topic, partition, err)
	}
	return nil
}

func (c *Client) awaitPartitions(ctx context.Context, topic string, partitions int32) error {
	return c.await(ctx, topic, func(t kmsg.MetadataResponseTopic) bool {
		if t.ErrorCode != 0 || int32(len(t.Partitions)) != partitions {
			return false
		}
		for _, p := range t.Partitions {
			if p.ErrorCode != 0 || p.Leader < 0 {
				return false
			}
		}
		return true
	})
}

// await polls every live broker until what each says of topic satisfies ok.
func (c *Client) await(ctx context.Context, topic string, ok func(kmsg.MetadataResponseTopic) bool) error {
	t := kmsg.NewMetadataRequestTopic()
	t.Topic = kmsg.StringPtr(topic)
	req := kmsg.NewPtrMetadataRequest()
	req.Topics = append(req.Topics, t)
	for {
		all := true
		cluster, err := request[*kmsg.MetadataResponse](ctx, c, req)
		if err != nil {
			return fmt.Errorf("wait for topic %s: %w", topic, err)
		}
		for _, b := range cluster.Brokers {
			resp, err := c.kgo.Broker(int(b.NodeID)).RetriableRequest(ctx, req)
			all = all && err == nil && ok(resp.(*kmsg.MetadataResponse).Topics[0])
		}
		if all {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for topic %s: %w", topic, ctx.Err())
		case <-time.After(poll):
		}
	}
}

func codeAndMessage(code int16, message *string) error {
	err := kerr.ErrorForCode(code)
	if err != nil && message != nil {
		return fmt.Errorf("%w: %s", err, *message)
	}
	return err
}
