package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	sdk "github.com/conduitio/conduit-connector-sdk"
)

// DestinationConfig is the configuration of the destination.
type DestinationConfig struct {
	sdk.UnimplementedDestinationConfig
	sdk.DestinationWithRateLimit
	sdk.DestinationWithRecordFormat
	sdk.DestinationWithBatch
	SchemaDecoding
	Config

	// Topic to write to: a name, or a [Go template](https://pkg.go.dev/text/template)
	// that makes the name from each record.
	Topic string `json:"topic" default:"{{ index .Metadata \"opencdc.collection\" }}"`
	// When a record counts as written: all (or -1) waits for all replicas in
	// sync, one (or 1) for the leader, none (or 0) for nobody.
	Acks string `json:"acks" default:"all"`
	// Time for a batch to be written, retries included; nothing is written after
	// it. 0s means no limit.
	DeliveryTimeout time.Duration `json:"deliveryTimeout" default:"10s"`
	// Compression of record batches: none, gzip, snappy, lz4 or zstd.
	Compression string `json:"compression" default:"snappy"`
	// Largest record batch in bytes, before compression. Larger batches are
	// split; a single record above it is an error. Keep it at or below the
	// topic's max.message.bytes.
	BatchBytes int `json:"batchBytes" default:"1000012"`
}

// ParseDestination reads and validates all settings of a destination as Conduit
// does.
func ParseDestination(settings map[string]string) (DestinationConfig, error) {
	c := NewDestination().Config().(*DestinationConfig)
	err := sdk.Util.ParseConfig(context.Background(), maps.Clone(settings), c, Connector.NewSpecification().DestinationParams)
	return *c, err
}

// Validate reports everything that is wrong at once.
func (c *DestinationConfig) Validate(ctx context.Context) error {
	_, topicErr := newTopicFunc(c.Topic)
	_, acksErr := parseAcks(c.Acks)
	_, codecErr := parseCodec(c.Compression)
	_, formatErr := newValueFunc(c.DestinationWithRecordFormat)
	errs := []error{c.Config.Validate(ctx), topicErr, acksErr, codecErr, formatErr}
	if c.DeliveryTimeout < 0 {
		errs = append(errs, settingError("deliveryTimeout", fmt.Sprintf("%s is not allowed: 0s (no limit) or more", c.DeliveryTimeout), "10s"))
	}
	const maxBatchBytes = 1 << 30
	if c.BatchBytes < 1 || c.BatchBytes > maxBatchBytes {
		errs = append(errs, settingError("batchBytes", fmt.Sprintf("%d is not allowed: 1 to %d bytes", c.BatchBytes, maxBatchBytes), "1000012"))
	}
	return errors.Join(errs...)
}
