package kafka

import (
	"context"
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
	// Topics that records may go to, separated by commas, whatever the topic
	// template makes. Left empty, all may.
	AllowedTopics []string `json:"allowedTopics"`
	// Whether topics that are missing are created. Otherwise a record for one is
	// an error.
	TopicAutoCreate bool `json:"topicAutoCreate" default:"true"`
	// Partitions of topics that are created. 0 means the brokers' default.
	TopicPartitions int `json:"topicPartitions" default:"0"`
	// Replicas of each partition of topics that are created. 0 means the brokers'
	// default.
	TopicReplicationFactor int `json:"topicReplicationFactor" default:"0"`

	// When a record counts as written: all (or -1) waits for all replicas in
	// sync, one (or 1) for the leader, none (or 0) for nobody.
	Acks string `json:"acks" default:"all"`
	// Whether batches are numbered, so that the broker writes each once however
	// often it is sent. Needs acks all, where it is the default.
	Idempotent *bool `json:"idempotent"`
	// Time for a batch to be written, retries included; nothing is written after
	// it. 0s means no limit.
	DeliveryTimeout time.Duration `json:"deliveryTimeout" default:"10s"`
	// How often a batch is sent at most while that fails for a reason that may
	// pass. 0 means as often as deliveryTimeout allows.
	RetryMaxAttempts int `json:"retry.maxAttempts" default:"0"`
	// Wait before the second retry (the first is immediate), doubled for each
	// further one, up to 1s or this, whichever is longer.
	RetryBackoff time.Duration `json:"retry.backoff" default:"100ms"`

	// Compression of record batches: none, gzip, snappy, lz4 or zstd.
	Compression string `json:"compression" default:"snappy"`
	// Level of the compression: 1 to 9 for gzip and lz4, 1 to 22 for zstd. 0 means
	// the default of each; none and snappy have no other.
	CompressionLevel int `json:"compressionLevel" default:"0"`
	// Largest record batch in bytes, before compression. Larger batches are
	// split; for a single record above it see onOversize. Keep it at or below the
	// topic's max.message.bytes.
	BatchBytes int `json:"batchBytes" default:"1000012"`
	// What happens to a record that is larger than batchBytes, or than the broker
	// allows: error (it fails, and goes to the dead-letter queue) or drop (it
	// counts as written, with a line in the log).
	OnOversize string `json:"onOversize" default:"error"`

	// How the partition of a record is chosen: by its key with murmur2 (Java's
	// default), murmur2-random, consistent, consistent-random (librdkafka's),
	// fnv-1a or fnv-1a-reference (kafka-go's and Sarama's); round-robin,
	// least-bytes or sticky without regard to keys; metadata as a metadata field
	// says.
	Partitioner string `json:"partitioner" default:"murmur2"`
	// Metadata field with the number of the partition, for the partitioner metadata.
	PartitionMetadata string `json:"partitionMetadata" default:"kafka.partition"`

	// Key of each message: a text, or a Go template that makes one from each
	// record; an empty one is null. Left empty, it is the record's key.
	Key string `json:"key"`
	// What the value of each message is: record (the whole record, as
	// sdk.record.format says) or payload (the field .Payload.After alone, and null
	// for a delete).
	ValueFormat string `json:"value.format" default:"record"`
	// Whether the metadata fields kafka.header.<key>, which the source makes of
	// headers, become headers again.
	ForwardHeaders bool `json:"forwardHeaders" default:"true"`
	// Further headers of each message, one a line, as name: text. The text may be a
	// Go template that makes one from each record; an empty one leaves the header
	// out.
	Headers string `json:"headers"`
	// Timestamp of each message: now, or createdAt for that of the record
	// (opencdc.createdAt), and now where it has none.
	Timestamp string `json:"timestamp" default:"now"`
}

// ParseDestination reads and validates all settings of a destination as Conduit
// does.
func ParseDestination(settings map[string]string) (DestinationConfig, error) {
	c := NewDestination().Config().(*DestinationConfig)
	err := sdk.Util.ParseConfig(context.Background(), maps.Clone(settings), c, Connector.NewSpecification().DestinationParams)
	return *c, err
}
