package kafka

import (
	"context"

	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/registry"
)

// DecodeConfig is how a source decodes keys and values.
type DecodeConfig struct {
	// How to decode keys: none (they stay bytes), json, connect-json (JSON with a schema
	// beside it, as Kafka Connect's JsonConverter writes it with schemas.enable), or with
	// a schema of the schema registry avro, protobuf, json-schema or auto (as the schema
	// says, and what has none stays bytes). An object becomes structured data, null stays
	// null, and any other value becomes raw data.
	KeyDecode string `json:"key.decode" default:"none"`
	// How to decode values: see key.decode.
	ValueDecode string `json:"value.decode" default:"none"`
	// What to do with a record whose key or value can't be decoded: fail (the source
	// ends with an error that names the record) or raw (they stay bytes, and the
	// metadata fields kafka.key.decodeError and kafka.value.decodeError say why).
	DecodeOnError string `json:"decode.onError" default:"fail"`
}

// decoding is what the settings say about decoding keys and values. Schemas is nil where
// there is no registry.
func (c *DecodeConfig) decoding(schemas *registry.Client) convert.DecodeConfig {
	d := convert.DecodeConfig{KeyDecode: c.KeyDecode, ValueDecode: c.ValueDecode, DecodeOnError: c.DecodeOnError}
	if schemas != nil {
		d.Schemas = schemas
	}
	return d
}

func (c *SourceConfig) validateDecoding() error { return c.decoding(c.unasked()).Validate() }

// unasked stands for the schema registry where settings are validated.
func (c Config) unasked() *registry.Client {
	if !c.RegistryConfig.Given() {
		return nil
	}
	return new(registry.Client)
}

// registry returns the client of the schema registry, nil if there is none.
func (c Config) registry(ctx context.Context) (*registry.Client, error) {
	if !c.RegistryConfig.Given() {
		return nil, nil
	}
	reach, err := c.RegistryConfig.Reach(c.TLSConfig, warner(ctx))
	if err != nil {
		return nil, err
	}
	return registry.New(registry.Config{
		URLs: reach.URLs, TLS: reach.TLS, Authorize: reach.Authorize,
		UserAgent: c.ClientID, Timeout: c.RequestTimeout, Warn: warner(ctx),
	})
}

// EncodeConfig is how a destination encodes keys and values with schemas, besides
// value.format.
type EncodeConfig struct {
	// How to encode keys: none (bytes as they are, structured data as JSON), connect-json
	// (JSON with a schema beside it, as Kafka Connect's JsonConverter reads it), or with a
	// schema of the schema registry avro, protobuf or json-schema; schema-id writes bytes as
	// they are, with the ID that their schema has in schemaRegistry.urls in the place of the
	// one that it has in schemaRegistry.source.urls.
	KeyFormat string `json:"keyFormat" default:"none"`
	// Schema of keys that are encoded with one: latest (the last version of the subject
	// in the registry), the ID of a schema there, or the path of a file with a schema. What
	// that refers to is in files beside it.
	KeySchema string `json:"keySchema" default:"latest"`
	// Schema of values that are encoded with one: see keySchema.
	ValueSchema string `json:"value.schema" default:"latest"`
	// Protobuf message of keys: a name in the schema. Defaults to its first message.
	KeyMessage string `json:"keyMessage"`
	// Protobuf message of values: see keyMessage.
	ValueMessage string `json:"value.message"`
	// How subjects are named: topic (the topic with -key or -value after it), record (the
	// full name of the record in the schema) or topic-record (both).
	SchemaSubject string `json:"schema.subject" default:"topic"`
	// Whether to register the schema of a file under its subject, with what it refers to, and
	// with keySchema or value.schema latest one that is made of the first record of a topic
	// whose subject has none; of the formats schema-id those that the source's registry has.
	// If false, it must be registered there already.
	SchemaAutoRegister bool `json:"schema.autoRegister"`
}
