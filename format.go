package kafka

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/conduitio/conduit-connector-sdk/kafkaconnect"
)

// keyFunc and valueFunc give the bytes of a message, nil for null.
type (
	keyFunc   func(*opencdc.Record) ([]byte, error)
	valueFunc func(*opencdc.Record) ([]byte, error)
)

// newValueFunc serialises records in the SDK's format. Record.Bytes would do the
// same, but for a record that can't be serialised it silently falls back to
// another format.
func newValueFunc(c sdk.DestinationWithRecordFormat) (valueFunc, error) {
	serializers := c.RecordSerializers
	if serializers == nil {
		serializers = c.DefaultRecordSerializers()
	}
	if c.RecordFormat == nil {
		return serialize(sdk.GenericRecordSerializer{Converter: sdk.OpenCDCConverter{}, Encoder: sdk.JSONEncoder{}}), nil
	}
	name := *c.RecordFormat
	i := slices.IndexFunc(serializers, func(s sdk.RecordSerializer) bool { return s.Name() == name })
	if i < 0 {
		var names []string
		for _, s := range serializers {
			names = append(names, s.Name())
		}
		return nil, settingError("sdk.record.format", fmt.Sprintf("%q is unknown: %s", name, strings.Join(names, ", ")), "")
	}
	s, err := serializers[i].Configure(c.RecordFormatOptions)
	if err != nil {
		return nil, settingError("sdk.record.format.options", err.Error(), "")
	}
	return serialize(s), nil
}

func serialize(s sdk.RecordSerializer) valueFunc {
	return func(r *opencdc.Record) ([]byte, error) {
		b, err := s.Serialize(*r)
		if err != nil {
			return nil, fmt.Errorf("serialize the record as %s: %w", s.Name(), err)
		}
		return b, nil
	}
}

// newKeyFunc gives the key as it is, structured data as JSON. With a Debezium
// format the key gets Kafka Connect's envelope, as the value has it.
func newKeyFunc(format *string) keyFunc {
	if format != nil && strings.HasPrefix(*format, sdk.DebeziumConverter{}.Name()+"/") {
		return connectKey
	}
	return func(r *opencdc.Record) ([]byte, error) {
		switch k := r.Key.(type) {
		case nil:
			return nil, nil
		case opencdc.RawData:
			return k, nil
		default:
			b, err := json.Marshal(k)
			if err != nil {
				return nil, fmt.Errorf("serialize the key as JSON: %w", err)
			}
			return b, nil
		}
	}
}

// connectKey wraps the key as {"schema": …, "payload": …}. A raw key that is a
// JSON object counts as structured.
func connectKey(r *opencdc.Record) ([]byte, error) {
	key := r.Key
	if raw, ok := key.(opencdc.RawData); ok {
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
	b, err := json.Marshal(envelope)
	if err != nil {
		return nil, fmt.Errorf("serialize the key as a Kafka Connect envelope: %w", err)
	}
	return b, nil
}
