package kafka

import (
	"context"

	sdk "github.com/conduitio/conduit-connector-sdk"

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

	// MemberID is the ID that the coordinator has given this member, which changes if
	// the coordinator has given the member up. It is "" before the first batch, and of a
	// static member of groupProtocol classic.
	MemberID() string

	// Committed returns the offset that the group has committed for a partition, -1 if it
	// has committed none; false if this member does not hold the partition.
	Committed(topic string, partition int32) (offset int64, held bool)

	// Close commits what was acknowledged in the partitions that the consumer
	// still owns, leaves the group and ends all goroutines, and a Next that waits. It
	// takes five seconds at most. Once the context has ended the commit has one second
	// left; the error is about offsets that were not committed.
	// Further calls wait for the first.
	Close(ctx context.Context) error
}

// newGroupConsumer joins a consumer group.
func newGroupConsumer(ctx context.Context, c SourceConfig, groupID string, from Position, m *metrics.Connector) (Consumer, error) {
	cfg, err := c.resolve()
	if err != nil {
		return nil, err
	}
	client, err := c.connect(ctx, m)
	if err != nil {
		return nil, err
	}
	topics, err := topicsToRead(ctx, client, cfg)
	if err != nil {
		client.Close()
		return nil, err
	}
	cfg.Present = present(topics)
	for i, p := range from.places() {
		last := consumer.Resume{Topic: p.Topic, TopicID: p.TopicID, Partition: p.Partition, Offset: p.Next - 1, LeaderEpoch: p.LeaderEpoch}
		if i == 0 {
			cfg.Resume = &last
		} else {
			cfg.Others = append(cfg.Others, last)
		}
	}
	logger := sdk.Logger(ctx)
	cfg.Group.GroupID, cfg.Group.Former, cfg.Group.Warn = groupID, c.memberID(from.Member), warner(ctx)
	err = mayConsume(ctx, client, cfg)
	if err == nil {
		err = group.Offered(ctx, client, cfg.Group)
	}
	if err != nil {
		client.Close()
		return nil, err
	}
	cfg.Info = func(msg string) { logger.Info().Msg(msg) }
	cfg.FindEnds(ctx, client, topics)
	teller, err := c.topicTeller(ctx, client, cfg, topics)
	if err != nil {
		client.Close()
		return nil, err
	}
	m.HookConsumer(&cfg)
	joined := consumer.Open(client, cfg)
	m.Watch(joined)
	if teller != nil {
		return tellingConsumer{joined, teller}, nil
	}
	return joined, nil
}
