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
	EncodeConfig
	SourceRegistry

	// Topic to write to: a name, or a [Go template](https://pkg.go.dev/text/template)
	// that is evaluated for each record.
	Topic string `json:"topic" default:"{{ index .Metadata \"opencdc.collection\" }}"`
	// Topics that records may be written to, separated by commas, whatever the topic
	// template evaluates to. If left empty, all are allowed.
	AllowedTopics []string `json:"allowedTopics"`
	// Whether to create topics that are missing, also where brokers do not do so by
	// themselves (auto.create.topics.enable). If false, a record for a missing topic
	// fails.
	TopicAutoCreate bool `json:"topicAutoCreate" default:"true"`
	// Number of partitions of topics that are created. 0 means the brokers' default.
	TopicPartitions int `json:"topicPartitions" default:"0"`
	// Number of replicas of each partition of topics that are created. 0 means the
	// brokers' default.
	TopicReplicationFactor int `json:"topicReplicationFactor" default:"0"`
	// Configuration of topics that are created, one per line, as name=value with Kafka's
	// names: cleanup.policy=compact. What is not named has the brokers' defaults.
	TopicConfigs string `json:"topicConfigs"`
	// Whether topics follow those of a source of this connector that has the setting of the
	// same name: they are created with its partitions and configuration, and get what is
	// changed there later. topicPartitions and topicConfigs come before it. It needs
	// topicAutoCreate and, for topics that exist, the rights Alter and AlterConfigs.
	CopyTopicConfigs bool `json:"copyTopicConfigs" default:"false"`

	// When a record counts as written: all (or -1) waits for all in-sync replicas, one
	// (or 1) waits for the leader, none (or 0) does not wait.
	Acks string `json:"acks" default:"all"`
	// Whether to number batches, so that the broker writes each one once however often
	// it is sent. Requires acks all, with which it is the default.
	Idempotent *bool `json:"idempotent"`
	// Whether to write each record once, whatever crashes or is repeated, and to show all
	// of a batch to consumers with the isolation level read_committed, or nothing of it.
	// Needs a source of this connector, brokers from Kafka 2.5 on and acks all.
	ExactlyOnce bool `json:"exactlyOnce" default:"false"`
	// Transactional ID for exactlyOnce. Only one process may use it at a time: the one
	// that began last. If left empty, it is the connector's ID in Conduit. Processes that
	// share a group each need their own, and the same progressTopic. It is used in turn
	// with the ID that it becomes with .alternate at its end, which needs the same rights.
	TransactionalID string `json:"transactionalID"`
	// Compacted topic in which exactlyOnce notes how far the source was written. It is
	// created if it is missing. If left empty, it is conduit-progress- and the connector's
	// ID; if that has characters which names of topics can't have, with an underscore for
	// each and the hash of the ID. The topic must not be one that brokers delete from.
	// Where this or transactionalID is set, each Write looks for other processes in it.
	ProgressTopic string `json:"progressTopic"`
	// Maximum time that brokers which could write take for a batch, retries included.
	// It stands still during an outage, see outageTimeout. Nothing is written after
	// both. 0s means no limit, also for outages.
	DeliveryTimeout time.Duration `json:"deliveryTimeout" default:"10s"`
	// Maximum duration of an outage, on top of deliveryTimeout: while a partition has
	// no leader that can be reached and has the replicas it needs, a topic is looked up
	// or created, or a quota makes the connector wait. It begins again whenever
	// something was written. A pipeline that stops waits for as long. 0s means that only
	// deliveryTimeout counts.
	OutageTimeout time.Duration `json:"outageTimeout" default:"2m"`
	// Maximum attempts to send a batch that fails with a retriable error. 0 means as
	// many as deliveryTimeout and outageTimeout allow.
	RetryMaxAttempts int `json:"retry.maxAttempts" default:"0"`
	// Wait before the second retry (the first is immediate). It doubles with each
	// further retry, up to 1s or this value, whichever is longer.
	RetryBackoff time.Duration `json:"retry.backoff" default:"100ms"`

	// Compression of record batches: none, gzip, snappy, lz4 or zstd.
	Compression string `json:"compression" default:"snappy"`
	// Compression level: 1 to 9 for gzip and lz4, 1 to 22 for zstd. 0 means the
	// default of the codec, and is the only level of none and snappy.
	CompressionLevel int `json:"compressionLevel" default:"0"`
	// Maximum size of a record batch in bytes, before compression. Larger batches are
	// split; for a single larger record see onOversize. Should not exceed the topic's
	// max.message.bytes.
	BatchBytes int `json:"batchBytes" default:"1000012"`
	// Maximum size of a request in bytes, with the record batches for all partitions
	// of a broker; at least batchBytes and 1024 more. 0 means 32 MiB, or one record
	// batch if batchBytes is larger. If a broker hangs up on large requests, or takes
	// long for them, they become smaller without it, down to 1 MB.
	MaxRequestBytes int `json:"maxRequestBytes" default:"0"`
	// What to do with a record that is larger than batchBytes, or than the broker
	// allows: error (it fails, and goes to the dead-letter queue) or drop (it counts
	// as written, and is logged).
	OnOversize string `json:"onOversize" default:"error"`

	// How to choose the partition of a record. By its key: murmur2 (Java's default),
	// murmur2-random, consistent, consistent-random (librdkafka's), fnv-1a or
	// fnv-1a-reference (kafka-go's and Sarama's). Without regard to the key:
	// round-robin, least-bytes or sticky. By a metadata field: metadata.
	Partitioner string `json:"partitioner" default:"murmur2"`
	// Metadata field with the number of the partition, for the metadata partitioner.
	PartitionMetadata string `json:"partitionMetadata" default:"kafka.partition"`

	// Key of each message: a text, or a Go template that is evaluated for each record;
	// an empty result is a null key. If the setting is left empty, the key is the
	// record's.
	Key string `json:"key"`
	// Value of each message: record (the whole record, in the format of
	// sdk.record.format) or payload (the field .Payload.After alone, and null for a
	// delete: bytes as they are, structured data as JSON). The payload may also be encoded
	// with a schema: connect-json, avro, protobuf, json-schema or schema-id (see keyFormat).
	ValueFormat string `json:"value.format" default:"record"`
	// Whether to turn the metadata fields kafka.header.<key>, which the source makes
	// from headers, into headers again.
	ForwardHeaders bool `json:"forwardHeaders" default:"true"`
	// Additional headers of each message, one per line, as name: text. The text may be
	// a Go template that is evaluated for each record; a header with an empty text is
	// left out.
	Headers string `json:"headers"`
	// Metadata fields that become headers of each message, with the names that they have,
	// separated by commas; * stands for any text: opencdc.collection,tenant.*. A header
	// that forwardHeaders restores, or that the headers setting names, comes before a
	// field of its name.
	HeadersFromMetadata []string `json:"headersFromMetadata"`
	// Timestamp of each message: now, or createdAt (the record's opencdc.createdAt, or
	// now if it has none).
	Timestamp string `json:"timestamp" default:"now"`
}

// ParseDestination reads and validates all settings of a destination as Conduit
// does.
func ParseDestination(settings map[string]string) (DestinationConfig, error) {
	c := NewDestination().Config().(*DestinationConfig)
	err := sdk.Util.ParseConfig(context.Background(), maps.Clone(settings), c, Connector.NewSpecification().DestinationParams)
	return *c, err
}
