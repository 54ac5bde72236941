package kafka

import (
	"context"
	"time"

	sdk "github.com/conduitio/conduit-connector-sdk"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
)

// Consumer is one member of a consumer group.
//
// Next is called by one goroutine at a time; all else by any, at any time.
type Consumer interface {
	// Next returns batches of records that are there already, about max records
	// at the most, and waits for the first. The records of a partition come in
	// the order of their offsets, also across calls; after a rebalance those
	// that were not committed may come again. It returns the context's error if
	// that ends first. Any other error is final: the consumer can only be closed, or
	// has been.
	//
	// Keys, values and headers may share memory with each other: they must not be
	// changed.
	Next(ctx context.Context, max int) ([]message.Batch, error)

	// Ack says that a record has been processed. Records may be acknowledged in
	// any order; committed is only the contiguous prefix of a partition. Acks of
	// partitions that the consumer has lost meanwhile are ignored, as are those of
	// records that the log has lost and those that come after Close. Ack doesn't
	// wait for the commit.
	Ack(record consumer.Record)

	// Close commits what was acknowledged in the partitions that the consumer
	// still owns, leaves the group and ends all goroutines, and a Next that waits. The
	// context bounds the commit; the error is about offsets that were not committed.
	// Further calls wait for the first.
	Close(ctx context.Context) error
}

// metadataInterval is how often a group looks for new topics and partitions.
const metadataInterval = 10 * time.Second

// newGroupConsumer joins a consumer group.
func newGroupConsumer(ctx context.Context, c SourceConfig, groupID string, from Position, m *metrics.Connector) (Consumer, error) {
	client, err := c.connect(ctx, m)
	if err != nil {
		return nil, err
	}
	cfg, err := c.consumer(ctx, client, groupID)
	if err != nil {
		client.Close()
		return nil, err
	}
	if from.Topic != "" {
		cfg.Resume = &consumer.Resume{
			Topic: from.Topic, TopicID: cluster.TopicID(from.TopicID), Partition: from.Partition, Offset: from.Offset, LeaderEpoch: from.LeaderEpoch,
		}
	}
	m.HookConsumer(&cfg)
	joined := consumer.Open(client, cfg)
	m.Watch(joined)
	return joined, nil
}

// consumer is the settings in the form that a consumer takes.
func (c *SourceConfig) consumer(ctx context.Context, client *cluster.Client, groupID string) (consumer.Config, error) {
	logger := sdk.Logger(ctx)
	cfg := consumer.Config{
		Group: group.Config{
			GroupID:           groupID,
			InstanceID:        c.GroupInstanceID,
			Topics:            c.topics(),
			Match:             c.match(),
			Balancers:         c.balancers(),
			SessionTimeout:    c.SessionTimeout,
			RebalanceTimeout:  c.RebalanceTimeout,
			HeartbeatInterval: c.HeartbeatInterval,
			MetadataInterval:  metadataInterval,
			RetryJoin:         c.RetryGroupJoinErrors,
			Warn:              warner(ctx),
		},
		Fetch:          c.fetch(),
		CommitSize:     max(c.CommitOffsetsSize, 1),
		CommitInterval: c.CommitOffsetsDelay,
		MaxUncommitted: c.MaxUncommitted,
		Reads:          c.reads(),
		Info:           func(msg string) { logger.Info().Msg(msg) },
	}
	var err error
	if cfg.Reset, err = c.resetPolicy(); err != nil {
		return cfg, err
	}
	if cfg.StartAt, cfg.FromBeginning, err = c.startsAt(); err != nil {
		return cfg, err
	}
	cfg.Present, err = c.present(ctx, client, cfg.StartAt.Offsets)
	return cfg, err
}
