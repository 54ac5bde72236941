package kclient

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Produce writes each record to its Topic and Partition (0 unless set), acks
// all, and sets its Offset. It does not compress unless New was told to.
func (c *Client) Produce(ctx context.Context, records ...*kgo.Record) error {
	if err := c.kgo.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return fmt.Errorf("produce: %w", err)
	}
	return nil
}

// ProduceCommitted writes the records in one transaction and commits it.
func (c *Client) ProduceCommitted(ctx context.Context, records ...*kgo.Record) error {
	return c.transaction(ctx, kgo.TryCommit, records)
}

// ProduceAborted writes the records in one transaction and aborts it.
func (c *Client) ProduceAborted(ctx context.Context, records ...*kgo.Record) error {
	return c.transaction(ctx, kgo.TryAbort, records)
}

func (c *Client) transaction(ctx context.Context, end kgo.TransactionEndTry, records []*kgo.Record) error {
	cl, err := c.dial(kgo.TransactionalID(rand.Text()))
	if err != nil {
		return err
	}
	defer cl.Close()
	if err := cl.BeginTransaction(); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	if err := cl.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return errors.Join(fmt.Errorf("produce in transaction: %w", err), cl.EndTransaction(ctx, kgo.TryAbort))
	}
	if err := cl.EndTransaction(ctx, end); err != nil {
		return fmt.Errorf("end transaction: %w", err)
	}
	return nil
}

// Consume returns every record of a topic, from each partition's start to its
// high watermark at the time of the call, partition after partition. Aborted
// records are among them, control records are not.
func (c *Client) Consume(ctx context.Context, topic string) ([]*kgo.Record, error) {
	return c.consume(ctx, topic, kgo.ReadUncommitted())
}

// ConsumeCommitted is Consume up to the last stable offset and without aborted records.
func (c *Client) ConsumeCommitted(ctx context.Context, topic string) ([]*kgo.Record, error) {
	return c.consume(ctx, topic, kgo.ReadCommitted())
}

func (c *Client) consume(ctx context.Context, topic string, level kgo.IsolationLevel) ([]*kgo.Record, error) {
	starts, err := c.StartOffsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	isolation := int8(0)
	if level == kgo.ReadCommitted() {
		isolation = 1
	}
	ends, err := c.offsets(ctx, topic, latest, isolation)
	if err != nil {
		return nil, err
	}
	var all []*kgo.Record
	for p := range int32(len(ends)) {
		for next := starts[p]; next < ends[p]; {
			part, err := c.fetch(ctx, topic, p, next, isolation)
			if err != nil {
				return nil, err
			}
			got, after := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
				Offset: next, IsolationLevel: level, Topic: topic, Partition: p,
			}, part, kgo.DefaultDecompressor(), nil)
			if got.Err != nil {
				return nil, fmt.Errorf("decode %s/%d at offset %d: %w", topic, p, next, got.Err)
			}
			for _, r := range got.Records {
				if r.Offset < ends[p] {
					all = append(all, r)
				}
			}
			next = after
		}
	}
	return all, nil
}

// Batches returns the record batches of a topic's partition 0, as the broker stores
// them.
func (c *Client) Batches(ctx context.Context, topic string) ([]byte, error) {
	starts, err := c.StartOffsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	part, err := c.fetch(ctx, topic, 0, starts[0], 0)
	if err != nil {
		return nil, err
	}
	return part.RecordBatches, nil
}

// fetch asks the partition's leader for what follows offset, waiting for it up to a second.
func (c *Client) fetch(ctx context.Context, topic string, partition int32, offset int64, isolation int8) (*kmsg.FetchResponseTopicPartition, error) {
	meta, err := c.metadata(ctx, topic)
	if err != nil {
		return nil, err
	}
	leader, err := c.Leader(ctx, topic, partition)
	if err != nil {
		return nil, err
	}
	part := kmsg.NewFetchRequestTopicPartition()
	part.Partition, part.FetchOffset, part.PartitionMaxBytes = partition, offset, 16<<20
	t := kmsg.NewFetchRequestTopic()
	t.Topic, t.TopicID = topic, meta.TopicID
	t.Partitions = append(t.Partitions, part)
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes, req.IsolationLevel = 1000, 1, 64<<20, isolation
	req.Topics = append(req.Topics, t)

	resp, err := c.kgo.Broker(int(leader)).RetriableRequest(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("fetch %s/%d from broker %d: %w", topic, partition, leader, err)
	}
	fetched := resp.(*kmsg.FetchResponse)
	if err := kerr.ErrorForCode(fetched.ErrorCode); err != nil {
		return nil, fmt.Errorf("fetch %s/%d: %w", topic, partition, err)
	}
	got := &fetched.Topics[0].Partitions[0]
	if err := kerr.ErrorForCode(got.ErrorCode); err != nil {
		return nil, fmt.Errorf("fetch %s/%d: %w", topic, partition, err)
	}
	return got, nil
}

// FetchRaw returns the record batches of a partition from an offset on, as they lie in
// the log: the first may begin before it, the last be cut.
func (c *Client) FetchRaw(ctx context.Context, topic string, partition int32, offset int64) ([]byte, error) {
	part, err := c.fetch(ctx, topic, partition, offset, 0)
	if err != nil {
		return nil, err
	}
	return part.RecordBatches, nil
}
