package kafka

import (
	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/registry"
)

// Metadata that records carry besides Conduit's own.
const (
	MetadataPartition = convert.MetadataPartition
	MetadataOffset    = convert.MetadataOffset
	// MetadataTopicConfigs says what the record's topic is like, in some records of a source
	// with copyTopicConfigs.
	MetadataTopicConfigs = convert.MetadataTopicConfigs
	// MetadataHeaderPrefix begins the field of a header's value; the header's key
	// follows.
	MetadataHeaderPrefix = convert.MetadataHeaderPrefix
	// MetadataHeaders is a JSON list of the headers in their order, where the fields
	// don't say all about them.
	MetadataHeaders = convert.MetadataHeaders
)

// messages is what the settings say about making messages. Schemas is nil where there is
// no registry.
func (c *DestinationConfig) messages(schemas *registry.Client) convert.Config {
	m := convert.Config{
		DestinationWithRecordFormat: c.DestinationWithRecordFormat,

		Topic:               c.Topic,
		AllowedTopics:       c.AllowedTopics,
		Partitioner:         c.Partitioner,
		PartitionMetadata:   c.PartitionMetadata,
		Key:                 c.Key,
		ValueFormat:         c.ValueFormat,
		ForwardHeaders:      c.ForwardHeaders,
		Headers:             c.Headers,
		HeadersFromMetadata: c.HeadersFromMetadata,
		Timestamp:           c.Timestamp,

		KeyFormat:          c.KeyFormat,
		KeySchema:          c.KeySchema,
		KeyMessage:         c.KeyMessage,
		ValueSchema:        c.ValueSchema,
		ValueMessage:       c.ValueMessage,
		SchemaSubject:      c.SchemaSubject,
		SchemaAutoRegister: c.SchemaAutoRegister,
	}
	if schemas != nil {
		m.Registry = schemas
	}
	return m
}
