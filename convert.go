package kafka

import (
	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Metadata that records carry besides Conduit's own.
const (
	MetadataPartition = convert.MetadataPartition
	MetadataOffset    = convert.MetadataOffset
	// MetadataHeaderPrefix begins the field of a header's value; the header's key
	// follows.
	MetadataHeaderPrefix = convert.MetadataHeaderPrefix
	// MetadataHeaders is a JSON list of the headers in their order, where the fields
	// don't say all about them.
	MetadataHeaders = convert.MetadataHeaders
	// Why a key or a value stayed raw that should have been decoded.
	MetadataKeyDecodeError   = convert.MetadataKeyDecodeError
	MetadataValueDecodeError = convert.MetadataValueDecodeError
)

// DecodeError is in the error of a Read of a record whose key or value can't be decoded.
type DecodeError = convert.DecodeError

// records returns what makes records, of a member of this group.
func (c *SourceConfig) records(groupID string) (*convert.Records, error) {
	decoding, err := convert.NewDecoding(c.decoding())
	if err != nil {
		return nil, err
	}
	records := convert.NewRecords(c.TombstonesAsDeletes, func(b *message.Batch) convert.PositionPrefix {
		return Position{GroupID: groupID, Topic: b.Topic, Partition: b.Partition, TopicID: b.TopicID, LeaderEpoch: b.LeaderEpoch}.prefix()
	})
	records.Decode(decoding)
	return records, nil
}

// messages is what the settings say about making messages.
func (c *DestinationConfig) messages() convert.Config {
	return convert.Config{
		DestinationWithRecordFormat: c.DestinationWithRecordFormat,

		Topic:             c.Topic,
		AllowedTopics:     c.AllowedTopics,
		Partitioner:       c.Partitioner,
		PartitionMetadata: c.PartitionMetadata,
		Key:               c.Key,
		ValueFormat:       c.ValueFormat,
		ForwardHeaders:    c.ForwardHeaders,
		Headers:           c.Headers,
		Timestamp:         c.Timestamp,
	}
}
