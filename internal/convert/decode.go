package convert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/google/uuid"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/connectjson"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
	"github.com/conduitio/conduit-connector-kafka/internal/printable"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/registry"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// DecodeConfig is the settings that say how keys and values are decoded. Each field has
// the name of its setting. The zero value decodes nothing.
type DecodeConfig struct {
	KeyDecode     string
	ValueDecode   string
	DecodeOnError string

	Schemas Schemas // nil: there is no registry
}

// Schemas is a schema registry. Its errors are those of registry.Client.
type Schemas interface {
	Schema(ctx context.Context, id int) (*registry.Schema, error)
	SchemaByGUID(ctx context.Context, guid uuid.UUID) (*registry.Schema, error)
}

// The ways to decode.
const (
	decodeNone        = "none"
	decodeJSON        = "json"
	decodeConnectJSON = "connect-json"
	decodeAvro        = "avro"
	decodeProtobuf    = "protobuf"
	decodeJSONSchema  = "json-schema"
	decodeAuto        = "auto" // as the schema in the registry says; without one raw
)

// decodeChoices are all of them.
var decodeChoices = []string{decodeNone, decodeJSON, decodeConnectJSON, decodeAvro, decodeProtobuf, decodeJSONSchema, decodeAuto}

// What decode.onError can be.
const (
	onErrorFail = "fail"
	onErrorRaw  = "raw"
)

// Decoding decodes the keys and values of messages. It is for one goroutine.
type Decoding struct {
	key, value part
	raw        bool // what can't be decoded stays raw
}

// part is the key or the value.
type part struct {
	name    string
	decoder decoder // nil: it stays raw
	fields  partFields
}

// decoder decodes keys or values that are not null. With the value comes the schema that
// it was decoded with, nil if that is in no registry. Without an error of the registry
// they can't be decoded.
type decoder interface {
	decode(ctx context.Context, data []byte, h schemaHeader) (any, *registrySchema, error)
}

// Validate reports everything that is wrong at once.
func (c DecodeConfig) Validate() error {
	_, err := NewDecoding(c)
	return err
}

// NewDecoding reports everything that is wrong with the settings at once. It returns nil
// where nothing is decoded.
func NewDecoding(c DecodeConfig) (*Decoding, error) {
	key, keyErr := c.decoder("key.decode", c.KeyDecode)
	value, valueErr := c.decoder("value.decode", c.ValueDecode)
	var onErrorErr error
	if c.DecodeOnError != onErrorFail && c.DecodeOnError != onErrorRaw && c.DecodeOnError+c.KeyDecode+c.ValueDecode != "" {
		onErrorErr = setting.Invalid("decode.onError", fmt.Sprintf("%q is not allowed: %s or %s", c.DecodeOnError, onErrorFail, onErrorRaw), "")
	}
	if err := errors.Join(keyErr, valueErr, onErrorErr); err != nil || key == nil && value == nil {
		return nil, err
	}
	return &Decoding{
		key:   part{"key", key, keyFields},
		value: part{"value", value, valueFields},
		raw:   c.DecodeOnError == onErrorRaw,
	}, nil
}

func (c DecodeConfig) decoder(name, choice string) (decoder, error) {
	switch choice {
	case decodeNone, "":
		return nil, nil
	case decodeJSON:
		return alone(plain.ParseJSON), nil
	case decodeConnectJSON:
		return alone(new(connectjson.Decoder).Decode), nil
	}
	if slices.Contains(decodeChoices, choice) {
		if c.Schemas == nil {
			return nil, setting.Missing("schemaRegistry.urls", fmt.Sprintf("it is required with %s %s", name, choice), "https://registry:8081", nil)
		}
		return newRegistryDecoder(name, choice, c.Schemas), nil
	}
	problem := fmt.Sprintf("%q is not allowed: %s", choice, strings.Join(decodeChoices, ", "))
	if lower := strings.ToLower(choice); slices.Contains(decodeChoices, lower) {
		problem = fmt.Sprintf("%q is not allowed: it is written %s", choice, lower)
	}
	return nil, setting.Invalid(name, problem, "")
}

// alone decodes what needs no registry.
type alone func(data []byte) (any, error)

func (f alone) decode(_ context.Context, data []byte, _ schemaHeader) (any, *registrySchema, error) {
	v, err := f(data)
	return v, nil, err
}

// decode decodes a record in place, of a message with headers.
func (d *Decoding) decode(ctx context.Context, r *opencdc.Record, topic string, headers []recordbatch.Header) error {
	var err error
	if r.Key, err = d.part(ctx, r, &d.key, r.Key, topic, headers); err != nil {
		return err
	}
	r.Payload.After, err = d.part(ctx, r, &d.value, r.Payload.After, topic, headers)
	return err
}

func (d *Decoding) part(ctx context.Context, r *opencdc.Record, p *part, data opencdc.Data, topic string, headers []recordbatch.Header) (opencdc.Data, error) {
	raw, ok := data.(opencdc.RawData)
	if p.decoder == nil || !ok || raw == nil {
		return data, nil // null stays null
	}
	data, schema, err := p.decode(ctx, raw, schemaHeaderOf(headers, p.fields.header))
	switch {
	case err == nil:
		schema.note(r.Metadata, p.fields, topic)
		return data, nil
	case !d.raw || isOutage(ctx, err):
		return raw, fmt.Errorf("decode the %s: %w", p.name, printable.Error(err)) // which may quote the record
	}
	schema.note(r.Metadata, p.fields, topic)
	r.Metadata[p.fields.decodeError] = printable.Text(err.Error())
	return raw, nil
}

// decode decodes a key or a value that is not null. A panic of a library is an error of
// that one.
func (p *part) decode(ctx context.Context, raw opencdc.RawData, h schemaHeader) (data opencdc.Data, schema *registrySchema, err error) {
	defer recovered(&err)
	v, schema, err := p.decoder.decode(ctx, raw, h)
	if err != nil {
		return nil, schema, err
	}
	data, err = plain.Data(v)
	return data, schema, err
}

// recovered makes a panic an error.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("the library for the format panics: %v", r)
	}
}

// isOutage reports whether an error says nothing about the record.
func isOutage(ctx context.Context, err error) bool {
	var outage *registry.UnavailableError
	return errors.As(err, &outage) || ctx.Err() != nil
}
