package convert

import (
	"fmt"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/lang"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// configOf is the defaults with some settings changed.
func configOf(t testing.TB, settings map[string]string) Config {
	t.Helper()
	c := Config{
		Topic: defaultTopic, Partitioner: "murmur2", PartitionMetadata: MetadataPartition,
		ValueFormat: formatRecord, ForwardHeaders: true, Timestamp: "now",
	}
	c.RecordFormat = lang.Ptr(defaultRecordFormat)
	for name, value := range settings {
		switch name {
		case "topic":
			c.Topic = value
		case "allowedTopics":
			c.AllowedTopics = strings.Split(value, ",")
		case "partitioner":
			c.Partitioner = value
		case "partitionMetadata":
			c.PartitionMetadata = value
		case "key":
			c.Key = value
		case "value.format":
			c.ValueFormat = value
		case "sdk.record.format":
			c.RecordFormat = &value
		case "sdk.record.format.options":
			c.RecordFormatOptions = value
		case "forwardHeaders":
			c.ForwardHeaders = value == "true"
		case "headers":
			c.Headers = value
		case "headersFromMetadata":
			c.HeadersFromMetadata = strings.Split(value, ",")
		case "timestamp":
			c.Timestamp = value
		case "keyFormat":
			c.KeyFormat = value
		case "keySchema":
			c.KeySchema = value
		case "value.schema":
			c.ValueSchema = value
		case "keyMessage":
			c.KeyMessage = value
		case "value.message":
			c.ValueMessage = value
		case "schema.subject":
			c.SchemaSubject = value
		case "schema.autoRegister":
			c.SchemaAutoRegister = value == "true"
		default:
			t.Fatalf("%s is no setting of messages", name)
		}
	}
	return c
}

// newRecords makes records whose positions name the batch.
func newRecords() *Records { return NewRecords(false, prefixOf) }

func prefixOf(b *message.Batch) PositionPrefix {
	return fmt.Appendf(nil, `{"topic":%q,"partition":%d,"topicID":%d,"leaderEpoch":%d,"offset":`, b.Topic, b.Partition, b.TopicID[0], b.LeaderEpoch)
}

// positionOf is that of a record of a batch.
func positionOf(b message.Batch, offset int64) string {
	return string(prefixOf(&b)) + fmt.Sprint(offset, "}")
}
