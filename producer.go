package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"

	sdk "github.com/conduitio/conduit-connector-sdk"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// Producer writes messages synchronously. Send has one caller at a time.
type Producer interface {
	// Send writes a batch and returns how many messages from the front are
	// written as durably as the acks setting asks for, and the error of the first
	// one that is not (nil if all are). Messages behind that one may have been
	// written too. A message that can't be sent at all, such as one that is too
	// large, ends the batch: nothing behind it is written.
	//
	// Messages of a partition are written in the order of the batch and, with
	// acks all, once. After Send has returned, no request with any of its
	// messages is sent any more.
	Send(ctx context.Context, messages []message.Message) (int, error)

	// Close ends all connections, and within a second a Send that runs, with an
	// error. It may be called at any time, and further Sends fail.
	Close() error
}

type syncProducer struct {
	client *cluster.Client
	*produce.Producer
	partitionMetadata string
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
	return syncProducer{client, produce.New(client, cfg), c.PartitionMetadata}, nil
}

// produceConfig is what the settings say about writing.
func (c *DestinationConfig) produceConfig(ctx context.Context) (produce.Config, error) {
	acks, acksErr := parseAcks(c.Acks)
	idempotent, idempotentErr := c.idempotent()
	codec, codecErr := parseCodec(c.Compression)
	partitioner, partitionerErr := parsePartitioner(c.Partitioner)
	drop, dropErr := parseOnOversize(c.OnOversize)
	cfg := produce.Config{
		Acks:            acks,
		NoSequences:     !idempotent,
		DeliveryTimeout: c.DeliveryTimeout,
		RequestTimeout:  c.RequestTimeout,
		MaxAttempts:     c.RetryMaxAttempts,
		Backoff:         c.RetryBackoff,
		Codec:           codec,
		Level:           c.CompressionLevel,
		BatchBytes:      c.BatchBytes,
		Partitioner:     partitioner,
		NewTopics: produce.NewTopics{
			Create:            c.TopicAutoCreate,
			Partitions:        c.TopicPartitions,
			ReplicationFactor: c.TopicReplicationFactor,
		},
		Warn: warner(ctx),
	}
	if drop {
		cfg.Dropped = dropper(ctx)
	}
	return cfg, errors.Join(acksErr, idempotentErr, codecErr, partitionerErr, dropErr)
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
	var none *produce.NoPartitionError
	if errors.As(err, &none) {
		err = fmt.Errorf("%w: metadata field %q (partitionMetadata) says %d", err, p.partitionMetadata, none.Partition)
	}
	return n, err
}

// Close ends all connections, and a Send that runs.
func (p syncProducer) Close() error {
	p.Producer.Close()
	p.client.Close()
	return nil
}

// idempotent tells whether batches are numbered.
func (c *DestinationConfig) idempotent() (bool, error) {
	acks, err := parseAcks(c.Acks)
	switch {
	case err != nil:
		return false, err
	case c.Idempotent == nil:
		return acks == produce.AcksAll, nil
	case *c.Idempotent && acks != produce.AcksAll:
		return false, setting.Invalid("idempotent", fmt.Sprintf("true needs acks all, and acks is %s: leave idempotent out, or set acks to all", c.Acks), "")
	}
	return *c.Idempotent, nil
}

// acksValues are the spellings of the acks setting: Kafka's numbers and words.
var acksValues = map[string]produce.Acks{
	"all": produce.AcksAll, "-1": produce.AcksAll,
	"one": produce.AcksOne, "1": produce.AcksOne,
	"none": produce.AcksNone, "0": produce.AcksNone,
}

func parseAcks(s string) (produce.Acks, error) {
	acks, ok := acksValues[s]
	if !ok {
		return 0, setting.Invalid("acks", fmt.Sprintf("%q is not allowed: all (or -1), one (or 1), none (or 0)", s), "")
	}
	return acks, nil
}

func parseCodec(s string) (recordbatch.Codec, error) {
	codec, err := recordbatch.ParseCodec(s)
	if err != nil {
		return 0, setting.Invalid("compression", fmt.Sprintf("%q is not allowed: none, gzip, snappy, lz4 or zstd", s), "")
	}
	return codec, nil
}

func parsePartitioner(s string) (produce.Partitioner, error) {
	if s == convert.PartitionerMetadata {
		return produce.Partitioner{}, nil // each message has its partition
	}
	p, err := produce.ParsePartitioner(s)
	if err != nil {
		return p, setting.Invalid("partitioner", fmt.Sprintf("%q is not allowed: %s or %s", s, strings.Join(produce.Partitioners(), ", "), convert.PartitionerMetadata), "")
	}
	return p, nil
}

// parseOnOversize tells whether records that are too large are dropped.
func parseOnOversize(s string) (bool, error) {
	if s != "error" && s != "drop" {
		return false, setting.Invalid("onOversize", fmt.Sprintf("%q is not allowed: error or drop", s), "")
	}
	return s == "drop", nil
}
