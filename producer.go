package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"

	sdk "github.com/conduitio/conduit-connector-sdk"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
)

// Producer writes messages synchronously. Send has one caller at a time.
type Producer interface {
	// Send writes a batch and returns how many messages from the front are
	// written as durably as the acks setting asks for, and the error of the first
	// one that is not (nil if all are). Messages after that one may have been
	// written too. A message that can't be sent at all, such as one that is too
	// large, ends the batch: nothing after it is written.
	//
	// Messages of a partition are written in the order of the batch and, with
	// acks all, once. After Send has returned, no request with any of its
	// messages is sent any more.
	Send(ctx context.Context, messages []message.Message) (int, error)

	// Close ends all connections, and within a second a Send that runs, or within three
	// if that has a transaction to abort, with an error. It may be called at any time, and further Sends fail.
	Close() error
}

type syncProducer struct {
	client *cluster.Client
	*produce.Producer
	followingTopics
	partitionMetadata, compression string // settings, which errors name
}

// newSyncProducer connects to the cluster.
func newSyncProducer(ctx context.Context, c DestinationConfig, m *metrics.Connector) (Producer, error) {
	cfg, err := c.produceConfig(ctx)
	if err != nil {
		return nil, err
	}
	client, err := c.connect(ctx, m)
	if err != nil {
		return nil, err
	}
	m.HookProducer(&cfg)
	if c.ExactlyOnce {
		return newExactProducer(ctx, c, client, cfg, m)
	}
	p := syncProducer{client, produce.New(client, cfg), c.followingTopics(ctx, client, cfg.NewTopics, ""), c.PartitionMetadata, c.Compression}
	if err := p.Try(ctx, c.onlyTopic(), refusedTimeout); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// onlyTopic is the topic of all records, "" if records decide.
func (c *DestinationConfig) onlyTopic() string {
	if strings.Contains(c.Topic, "{{") {
		return ""
	}
	return c.Topic
}

// produceConfig is what the settings say about writing, with what to log.
func (c *DestinationConfig) produceConfig(ctx context.Context) (produce.Config, error) {
	cfg, err := c.resolve()
	cfg.Warn = warner(ctx)
	if c.OnOversize == oversizeDrop {
		cfg.Dropped = dropper(ctx)
	}
	return cfg, err
}

// dropper logs records that are dropped.
func dropper(ctx context.Context) func(*message.Message, error) {
	logger := sdk.Logger(ctx)
	return func(m *message.Message, err error) {
		logger.Error().Err(err).Str("topic", m.Topic).Bytes("position", m.Position).Msg("dropped a record, as onOversize says")
	}
}

// Send is as the Producer's comment says.
func (p syncProducer) Send(ctx context.Context, messages []message.Message) (int, error) {
	n, err := p.Producer.Send(ctx, messages)
	return n, p.explain(err)
}

// explain adds the setting that an error is about.
func (p syncProducer) explain(err error) error {
	return explainProduce(err, p.partitionMetadata, p.compression)
}

func explainProduce(err error, partitionMetadata, compression string) error {
	var none *produce.NoPartitionError
	switch {
	case errors.As(err, &none):
		return fmt.Errorf("%w: metadata field %q (partitionMetadata) says %d", err, partitionMetadata, none.Partition)
	case errors.Is(err, kafkago.UnsupportedCompressionType):
		return fmt.Errorf("%w: compression is %s: set one that the brokers know, or none", err, compression)
	case errors.Is(err, kafkago.UnsupportedForMessageFormat): // so Azure Event Hubs calls it
		return fmt.Errorf("%w: compression is %s: the brokers may take none, or only gzip; a topic with a message.format.version below 0.11 needs idempotent to be false", err, compression)
	}
	return err
}

// Close ends all connections, and a Send that runs.
func (p syncProducer) Close() error {
	p.Producer.Close()
	p.client.Close()
	return nil
}
