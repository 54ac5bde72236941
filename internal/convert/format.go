package convert

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/conduitio/conduit-connector-sdk/kafkaconnect"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/opencdcjson"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// keyFunc and valueFunc give the bytes of a message, nil for null. Making a value may
// show that the record's metadata has no headers.
type (
	keyFunc   func(*opencdc.Record) ([]byte, error)
	valueFunc func(*opencdc.Record) ([]byte, opencdcjson.Prefixed, error)
)

// The kinds of values.
const (
	formatRecord  = "record"
	formatPayload = "payload"
)

// Formats of keys and values by themselves: see encode.go.
const (
	formatNone        = "none" // of keys: bytes as they are, and structured data as JSON
	formatConnectJSON = "connect-json"
	formatAvro        = "avro"
	formatProtobuf    = "protobuf"
	formatJSONSchema  = "json-schema"
	formatSchemaID    = "schema-id" // bytes as they are, with the ID of another registry
)

// newValueFunc makes values of whole records in the SDK's format, or of payloads.
func newValueFunc(c Config, e *opencdcjson.Encoder) (valueFunc, error) {
	switch c.ValueFormat {
	case formatRecord:
		return newRecordFunc(c.DestinationWithRecordFormat, e)
	case formatPayload, formatConnectJSON, formatAvro, formatProtobuf, formatJSONSchema, formatSchemaID:
		if f := c.RecordFormat; f != nil && *f != defaultRecordFormat {
			return nil, setting.Invalid("sdk.record.format", fmt.Sprintf("%q formats whole records, but value.format is %s: set value.format to %s, or leave sdk.record.format out", *f, c.ValueFormat, formatRecord), "")
		}
		return payload, nil // unless newValueEncoder has another for it
	}
	return nil, setting.Invalid("value.format", fmt.Sprintf("%q is not allowed: %s", c.ValueFormat,
		strings.Join([]string{formatRecord, formatPayload, formatConnectJSON, formatAvro, formatProtobuf, formatJSONSchema, formatSchemaID}, ", ")), "")
}

// defaultRecordFormat is the SDK's, which it fills in.
const defaultRecordFormat = "opencdc/json"

// payload is Payload.After alone. A delete is null, which compaction treats as a
// tombstone.
func payload(r *opencdc.Record) ([]byte, opencdcjson.Prefixed, error) {
	if r.Operation == opencdc.OperationDelete {
		return nil, opencdcjson.PrefixedUnknown, nil
	}
	b, err := dataBytes(r.Payload.After)
	if err != nil {
		return nil, opencdcjson.PrefixedUnknown, fmt.Errorf("serialize the payload as JSON: %w", err)
	}
	return b, opencdcjson.PrefixedUnknown, nil
}

// dataBytes is raw data as it is, and structured data as JSON; nil where there is
// none.
func dataBytes(d opencdc.Data) ([]byte, error) {
	switch d := d.(type) {
	case nil:
		return nil, nil
	case opencdc.RawData:
		return d, nil
	case opencdc.StructuredData:
		if d == nil {
			return nil, nil
		}
	}
	return json.Marshal(d)
}

// newRecordFunc serialises records in the SDK's format. Record.Bytes would do the
// same, but for a record that can't be serialised it silently falls back to
// another format.
func newRecordFunc(c sdk.DestinationWithRecordFormat, e *opencdcjson.Encoder) (valueFunc, error) {
	serializers := c.RecordSerializers
	if serializers == nil {
		serializers = c.DefaultRecordSerializers()
	}
	if c.RecordFormat == nil {
		return serializeDefault(e), nil
	}
	name := *c.RecordFormat
	i := slices.IndexFunc(serializers, func(s sdk.RecordSerializer) bool { return s.Name() == name })
	if i < 0 {
		var names []string
		for _, s := range serializers {
			names = append(names, s.Name())
		}
		return nil, setting.Invalid("sdk.record.format", fmt.Sprintf("%q is unknown: %s", name, strings.Join(names, ", ")), "")
	}
	s, err := serializers[i].Configure(c.RecordFormatOptions)
	if err != nil {
		return nil, setting.Invalid("sdk.record.format.options", err.Error(), "")
	}
	if name == defaultRecordFormat {
		return serializeDefault(e), nil
	}
	return serialize(s), nil
}

// serializeDefault does what the SDK's serializer does, faster.
func serializeDefault(e *opencdcjson.Encoder) valueFunc {
	return func(r *opencdc.Record) ([]byte, opencdcjson.Prefixed, error) {
		b, headers, err := e.Encode(r)
		if err != nil {
			return nil, headers, fmt.Errorf("serialize the record as %s: %w", defaultRecordFormat, err)
		}
		return b, headers, nil
	}
}

func serialize(s sdk.RecordSerializer) valueFunc {
	return func(r *opencdc.Record) ([]byte, opencdcjson.Prefixed, error) {
		b, err := s.Serialize(*r)
		if err != nil {
			return nil, opencdcjson.PrefixedUnknown, fmt.Errorf("serialize the record as %s: %w", s.Name(), err)
		}
		return b, opencdcjson.PrefixedUnknown, nil
	}
}

// newKeyFunc gives the text of the key setting, or else the record's key as it is,
// structured data as JSON. With a Debezium format the record's key gets Kafka
// Connect's envelope, as the value has it.
func newKeyFunc(c Config) (keyFunc, error) {
	switch {
	case c.Key != "":
		text, err := newTextFunc("key", c.Key)
		return textKey(text), err
	case c.RecordFormat != nil && strings.HasPrefix(*c.RecordFormat, sdk.DebeziumConverter{}.Name()+"/"):
		return connectKey, nil
	}
	return recordKey, nil
}

// textKey is a key of a text, null if that is empty.
func textKey(text textFunc) keyFunc {
	return func(r *opencdc.Record) ([]byte, error) {
		key, err := text(r)
		if err != nil || key == "" {
			return nil, err
		}
		return readOnly(key), nil
	}
}

func recordKey(r *opencdc.Record) ([]byte, error) {
	b, err := dataBytes(r.Key)
	if err != nil {
		return nil, fmt.Errorf("serialize the key as JSON: %w", err)
	}
	return b, nil
}

// connectKey wraps the key as {"schema": …, "payload": …}.
func connectKey(r *opencdc.Record) ([]byte, error) {
	b, err := connectEnvelope(r.Key)
	if err != nil {
		return nil, fmt.Errorf("serialize the key as a Kafka Connect envelope: %w", err)
	}
	return b, nil
}

// connectEnvelope wraps data with its schema. Raw data that is a JSON object counts as
// structured.
func connectEnvelope(key opencdc.Data) ([]byte, error) {
	if raw, ok := key.(opencdc.RawData); ok {
		if err := budget.New().JSON(raw); err != nil {
			return nil, err
		}
		var fields opencdc.StructuredData
		if json.Unmarshal(raw, &fields) == nil && fields != nil {
			key = fields
		}
	}
	envelope := kafkaconnect.Envelope{
		Schema:  kafkaconnect.Schema{Type: kafkaconnect.TypeStruct, Optional: true},
		Payload: key,
	}
	if schema := kafkaconnect.Reflect(key); schema != nil {
		envelope.Schema = *schema
	}
	return json.Marshal(envelope)
}
