package kafka

import (
	"context"
	"errors"
	"time"

	sdk "github.com/conduitio/conduit-connector-sdk"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Consumer is one member of a consumer group.
//
// Next, and only Next, is called by one goroutine at a time; Ack may be called
// by another one meanwhile. Nothing is called after Close.
type Consumer interface {
	// Next returns batches of records that are there already, about max records
	// at the most, and waits for the first. The records of a partition come in
	// the order of their offsets, also across calls; after a rebalance those
	// that were not committed may come again. It returns the context's error if
	// that ends first. Any other error is final: the consumer can only be closed.
	//
	// Keys, values and headers may share memory with each other: they must not be
	// changed.
	Next(ctx context.Context, max int) ([]message.Batch, error)

	// Ack says that a record has been processed. Records may be acknowledged in
	// any order; committed is only the contiguous prefix of a partition. Acks of
	// partitions that the consumer has lost meanwhile are ignored. Ack doesn't
	// wait for the commit.
	Ack(topic string, partition int32, offset int64)

	// Close commits what was acknowledged in the partitions that the consumer
	// still owns, leaves the group and ends all goroutines. The context bounds
	// the commit; the error is about offsets that were not committed.
	Close(ctx context.Context) error
}

// metadataInterval is how often a group looks for new topics and partitions.
const metadataInterval = 10 * time.Second

// newGroupConsumer joins a consumer group.
func newGroupConsumer(ctx context.Context, c SourceConfig, groupID string, from Position) (Consumer, error) {
	client, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	missing, err := missingTopics(ctx, client, c.topics())
	if err != nil {
		client.Close()
		return nil, err
	}
	reset, err := c.resetPolicy()
	if err != nil {
		client.Close()
		return nil, err
	}
	logger := sdk.Logger(ctx)
	cfg := consumer.Config{
		Group: group.Config{
			GroupID:           groupID,
			InstanceID:        c.GroupInstanceID,
			Topics:            c.topics(),
			Balancers:         c.balancers(),
			SessionTimeout:    c.SessionTimeout,
			RebalanceTimeout:  c.RebalanceTimeout,
			HeartbeatInterval: c.HeartbeatInterval,
			MetadataInterval:  metadataInterval,
			RetryJoin:         c.RetryGroupJoinErrors,
			Warn:              warner(ctx),
		},
		Fetch:          c.fetch(),
		FromBeginning:  c.ReadFromBeginning,
		Reset:          reset,
		CommitSize:     max(c.CommitOffsetsSize, 1),
		CommitInterval: c.CommitOffsetsDelay,
		MaxUncommitted: c.MaxUncommitted,
		Missing:        missing,
		Info:           func(msg string) { logger.Info().Msg(msg) },
	}
	if from.Topic != "" {
		cfg.Resume = &consumer.Resume{Topic: from.Topic, Partition: from.Partition, Offset: from.Offset}
	}
	return consumer.Open(client, cfg), nil
}

// missingTopics lists the topics that don't exist yet. They are waited for, and
// don't hold up the others.
func missingTopics(ctx context.Context, client *cluster.Client, topics []string) ([]string, error) {
	found, err := client.Refresh(ctx, topics, false)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, topic := range topics {
		if errors.Is(found[topic].Err, kafkago.UnknownTopicOrPartition) {
			missing = append(missing, topic)
			sdk.Logger(ctx).Warn().Str("topic", topic).Msg("the topic does not exist yet; it will be read from its first record once it does")
		}
	}
	return missing, nil
}
