package convert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/connectjson"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// DecodeConfig is the settings that say how keys and values are decoded. Each field has
// the name of its setting. The zero value decodes nothing.
type DecodeConfig struct {
	KeyDecode     string
	ValueDecode   string
	DecodeOnError string
}

// The ways to decode.
const (
	decodeNone        = "none"
	decodeJSON        = "json"
	decodeConnectJSON = "connect-json"
)

// What decode.onError can be.
const (
	onErrorFail = "fail"
	onErrorRaw  = "raw"
)

// Decoding decodes the keys and values of messages. It is for one goroutine.
type Decoding struct {
	key, value decodeFunc // nil: stays raw
	raw        bool       // what can't be decoded stays raw
}

// decodeFunc decodes a key or a value that is not null.
type decodeFunc func(ctx context.Context, data []byte) (any, error)

// Validate reports everything that is wrong at once.
func (c DecodeConfig) Validate() error {
	_, err := NewDecoding(c)
	return err
}

// NewDecoding reports everything that is wrong with the settings at once. It returns nil
// where nothing is decoded.
func NewDecoding(c DecodeConfig) (*Decoding, error) {
	key, keyErr := newDecodeFunc("key.decode", c.KeyDecode)
	value, valueErr := newDecodeFunc("value.decode", c.ValueDecode)
	var onErrorErr error
	if c.DecodeOnError != onErrorFail && c.DecodeOnError != onErrorRaw && c != (DecodeConfig{}) {
		onErrorErr = setting.Invalid("decode.onError", fmt.Sprintf("%q is not allowed: %s or %s", c.DecodeOnError, onErrorFail, onErrorRaw), "")
	}
	if err := errors.Join(keyErr, valueErr, onErrorErr); err != nil || key == nil && value == nil {
		return nil, err
	}
	return &Decoding{key: key, value: value, raw: c.DecodeOnError == onErrorRaw}, nil
}

func newDecodeFunc(name, choice string) (decodeFunc, error) {
	switch choice {
	case decodeNone, "":
		return nil, nil
	case decodeJSON:
		return func(_ context.Context, data []byte) (any, error) { return plain.ParseJSON(data) }, nil
	case decodeConnectJSON:
		d := new(connectjson.Decoder)
		return func(_ context.Context, data []byte) (any, error) { return d.Decode(data) }, nil
	}
	all := []string{decodeNone, decodeJSON, decodeConnectJSON}
	problem := fmt.Sprintf("%q is not allowed: %s", choice, strings.Join(all, ", "))
	if lower := strings.ToLower(choice); slices.Contains(all, lower) {
		problem = fmt.Sprintf("%q is not allowed: it is written %s", choice, lower)
	}
	return nil, setting.Invalid(name, problem, "")
}

// Metadata of a record whose key or value could not be decoded and is raw
// (decode.onError): the reason.
const (
	MetadataKeyDecodeError   = "kafka.key.decodeError"
	MetadataValueDecodeError = "kafka.value.decodeError"
)

// decode decodes a record in place.
func (d *Decoding) decode(ctx context.Context, r *opencdc.Record) error {
	var err error
	if d.key != nil {
		if r.Key, err = d.part(ctx, r, d.key, r.Key, MetadataKeyDecodeError); err != nil {
			return fmt.Errorf("decode the key: %w", err)
		}
	}
	if d.value != nil {
		if r.Payload.After, err = d.part(ctx, r, d.value, r.Payload.After, MetadataValueDecodeError); err != nil {
			return fmt.Errorf("decode the value: %w", err)
		}
	}
	return nil
}

func (d *Decoding) part(ctx context.Context, r *opencdc.Record, decode decodeFunc, data opencdc.Data, note string) (opencdc.Data, error) {
	raw, ok := data.(opencdc.RawData)
	if !ok || raw == nil {
		return data, nil // null stays null
	}
	v, err := decode(ctx, raw)
	if err == nil {
		data, err = plain.Data(v)
	}
	if err == nil || !d.raw {
		return data, err
	}
	r.Metadata[note] = shortened(err.Error())
	return raw, nil
}

// shortened bounds what metadata has of an error, which may quote the record.
func shortened(s string) string {
	const most = 500
	if len(s) > most {
		s = s[:most] + "…"
	}
	return plain.Text(s)
}
