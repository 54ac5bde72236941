package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// Validate reports everything that is wrong at once.
func (c *DestinationConfig) Validate(ctx context.Context) error {
	_, err := c.resolve()
	return errors.Join(c.Config.Validate(ctx), c.checkRegistries(ctx), err)
}

// resolve makes of the settings what a producer takes, and reports everything that is
// wrong with them at once.
func (c *DestinationConfig) resolve() (produce.Config, error) {
	acks, acksErr := parseAcks(c.Acks)
	idempotent, idempotentErr := c.idempotent(acks)
	codec, codecErr := c.codec()
	partitioner, partitionerErr := parsePartitioner(c.Partitioner)
	configs, configsErr := c.topicConfigs()
	return produce.Config{
		Acks:            acks,
		NoSequences:     !idempotent,
		DeliveryTimeout: c.DeliveryTimeout,
		OutageTimeout:   c.OutageTimeout,
		RequestTimeout:  c.RequestTimeout,
		MaxAttempts:     c.RetryMaxAttempts,
		Backoff:         c.RetryBackoff,
		Codec:           codec,
		Level:           c.CompressionLevel,
		BatchBytes:      c.BatchBytes,
		MaxRequestBytes: c.MaxRequestBytes,
		Partitioner:     partitioner,
		NewTopics: produce.NewTopics{
			Create:            c.TopicAutoCreate,
			Partitions:        c.TopicPartitions,
			ReplicationFactor: c.TopicReplicationFactor,
			Configs:           configs,
		},
	}, errors.Join(c.checkNewTopics(), configsErr, c.checkCopyTopicConfigs(), c.checkAllowedTopics(), acksErr, idempotentErr, c.checkExactlyOnce(acks), c.checkTimes(), codecErr, c.checkBatchBytes(), c.checkOnOversize(), partitionerErr)
}

func (c *DestinationConfig) checkAllowedTopics() error {
	var errs []error
	for _, name := range setting.List(c.AllowedTopics) {
		errs = append(errs, setting.Topic("allowedTopics", name))
	}
	return errors.Join(errs...)
}

func (c *DestinationConfig) checkNewTopics() error {
	var errs []error
	for _, n := range []struct {
		name    string
		value   int
		max     int
		example string
	}{
		{"topicPartitions", c.TopicPartitions, math.MaxInt32, "6"},
		{"topicReplicationFactor", c.TopicReplicationFactor, math.MaxInt16, "3"},
	} {
		switch {
		case n.value < 0 || n.value > n.max:
			errs = append(errs, setting.Invalid(n.name, fmt.Sprintf("%d is not allowed: 0 (the brokers' default) to %d", n.value, n.max), n.example))
		case n.value > 0 && !c.TopicAutoCreate:
			errs = append(errs, setting.Invalid(n.name, fmt.Sprintf("%d is of no use while topicAutoCreate is off", n.value), ""))
		}
	}
	return errors.Join(errs...)
}

func (c *DestinationConfig) checkTimes() error {
	return errors.Join(
		setting.AtLeast("deliveryTimeout", c.DeliveryTimeout, 0, "0s (no limit) or more", "10s"),
		setting.AtLeast("outageTimeout", c.OutageTimeout, 0, "0s (none) or more", "2m"),
		setting.AtLeast("retry.maxAttempts", c.RetryMaxAttempts, 0, "0 (no limit) or more", "5"),
		setting.AtLeast("retry.backoff", c.RetryBackoff, 0, "0s or more", "100ms"),
	)
}

func (c *DestinationConfig) codec() (recordbatch.Codec, error) {
	codec, err := recordbatch.ParseCodec(c.Compression)
	if err != nil {
		return 0, setting.Invalid("compression", fmt.Sprintf("%q is not allowed: none, gzip, snappy, lz4 or zstd", c.Compression), "")
	}
	if err := recordbatch.ValidLevel(codec, c.CompressionLevel); err != nil {
		return 0, setting.Invalid("compressionLevel", err.Error(), "")
	}
	return codec, nil
}

func (c *DestinationConfig) checkBatchBytes() error {
	const maxBatchBytes = 1 << 30
	if err := setting.Within("batchBytes", c.BatchBytes, 1, maxBatchBytes, " bytes", "1000012"); err != nil {
		return err
	}
	if least := c.BatchBytes + produce.RequestRoom; c.MaxRequestBytes < 0 || c.MaxRequestBytes > 0 && c.MaxRequestBytes < least {
		return setting.Invalid("maxRequestBytes", fmt.Sprintf("%d is not allowed: 0 (32 MiB), or at least batchBytes (%d) and %d bytes more; lower batchBytes for smaller requests",
			c.MaxRequestBytes, c.BatchBytes, produce.RequestRoom), "1046528")
	}
	return nil
}

// What onOversize can be.
const (
	oversizeError = "error"
	oversizeDrop  = "drop"
)

func (c *DestinationConfig) checkOnOversize() error {
	if c.OnOversize == oversizeError || c.OnOversize == oversizeDrop {
		return nil
	}
	return setting.Invalid("onOversize", fmt.Sprintf("%q is not allowed: error or drop", c.OnOversize), "")
}

// idempotent reports whether batches are numbered.
func (c *DestinationConfig) idempotent(acks produce.Acks) (bool, error) {
	switch {
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
		return produce.AcksAll, setting.Invalid("acks", fmt.Sprintf("%q is not allowed: all (or -1), one (or 1), none (or 0)", s), "")
	}
	return acks, nil
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
