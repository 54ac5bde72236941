package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// Validate reports everything that is wrong at once.
func (c *DestinationConfig) Validate(ctx context.Context) error {
	_, messagesErr := newMessageMaker(c)
	_, partitionerErr := parsePartitioner(c.Partitioner)
	_, idempotentErr := c.idempotent()
	_, dropErr := parseOnOversize(c.OnOversize)
	return errors.Join(c.Config.Validate(ctx), messagesErr, c.checkNewTopics(), c.checkAllowedTopics(),
		idempotentErr, c.checkTimes(), c.checkCompression(), c.checkBatchBytes(), dropErr, partitionerErr)
}

// atLeast0 complains about a number or a duration below 0.
func atLeast0[T ~int | ~int64](name string, value T, zero, example string) error {
	if value >= 0 {
		return nil
	}
	return settingError(name, fmt.Sprintf("%v is not allowed: %s or more", value, zero), example)
}

func (c *DestinationConfig) checkAllowedTopics() error {
	var errs []error
	for _, name := range trimmed(c.AllowedTopics) {
		errs = append(errs, validateTopic("allowedTopics", name))
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
			errs = append(errs, settingError(n.name, fmt.Sprintf("%d is not allowed: 0 (the brokers' default) to %d", n.value, n.max), n.example))
		case n.value > 0 && !c.TopicAutoCreate:
			errs = append(errs, settingError(n.name, fmt.Sprintf("%d is of no use while topicAutoCreate is off", n.value), ""))
		}
	}
	return errors.Join(errs...)
}

func (c *DestinationConfig) checkTimes() error {
	return errors.Join(
		atLeast0("deliveryTimeout", c.DeliveryTimeout, "0s (no limit)", "10s"),
		atLeast0("retry.maxAttempts", c.RetryMaxAttempts, "0 (no limit)", "5"),
		atLeast0("retry.backoff", c.RetryBackoff, "0s", "100ms"),
	)
}

func (c *DestinationConfig) checkCompression() error {
	codec, err := parseCodec(c.Compression)
	if err != nil {
		return err
	}
	if err := recordbatch.ValidLevel(codec, c.CompressionLevel); err != nil {
		return settingError("compressionLevel", err.Error(), "")
	}
	return nil
}

func (c *DestinationConfig) checkBatchBytes() error {
	const maxBatchBytes = 1 << 30
	if c.BatchBytes < 1 || c.BatchBytes > maxBatchBytes {
		return settingError("batchBytes", fmt.Sprintf("%d is not allowed: 1 to %d bytes", c.BatchBytes, maxBatchBytes), "1000012")
	}
	return nil
}
