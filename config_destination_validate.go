package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// Validate reports everything that is wrong at once.
func (c *DestinationConfig) Validate(ctx context.Context) error {
	_, partitionerErr := parsePartitioner(c.Partitioner)
	_, idempotentErr := c.idempotent()
	_, dropErr := parseOnOversize(c.OnOversize)
	return errors.Join(c.Config.Validate(ctx), c.messages().Validate(), c.checkNewTopics(), c.checkAllowedTopics(),
		idempotentErr, c.checkTimes(), c.checkCompression(), c.checkBatchBytes(), dropErr, partitionerErr)
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
		setting.AtLeast("retry.maxAttempts", c.RetryMaxAttempts, 0, "0 (no limit) or more", "5"),
		setting.AtLeast("retry.backoff", c.RetryBackoff, 0, "0s or more", "100ms"),
	)
}

func (c *DestinationConfig) checkCompression() error {
	codec, err := parseCodec(c.Compression)
	if err != nil {
		return err
	}
	if err := recordbatch.ValidLevel(codec, c.CompressionLevel); err != nil {
		return setting.Invalid("compressionLevel", err.Error(), "")
	}
	return nil
}

func (c *DestinationConfig) checkBatchBytes() error {
	const maxBatchBytes = 1 << 30
	return setting.Within("batchBytes", c.BatchBytes, 1, maxBatchBytes, " bytes", "1000012")
}
