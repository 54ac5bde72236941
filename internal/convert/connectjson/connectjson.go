// Package connectjson decodes what Kafka Connect's JsonConverter writes with schemas.enable:
// {"schema": …, "payload": …}.
package connectjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// Decoder decodes envelopes. It is for one goroutine. The zero value is ready.
type Decoder struct {
	// The last schema. Records of one topic mostly have the same, which takes longer to
	// parse than what it is about.
	text   []byte
	schema *schema
}

// envelope has raw fields, so that a missing one differs from null.
type envelope struct {
	Schema  json.RawMessage `json:"schema"`
	Payload json.RawMessage `json:"payload"`
}

// Decode returns the payload of an envelope, converted as its schema says. A null schema
// leaves it as it is. What it costs is bounded (see package budget).
func (d *Decoder) Decode(data []byte) (any, error) {
	if err := budget.New().JSON(data); err != nil {
		return nil, err
	}
	e, err := parseEnvelope(data)
	if err != nil {
		return nil, err
	}
	s, err := d.parse(e.Schema)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(e.Payload))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("read the payload: %w", err)
	}
	return s.convert(v)
}

func parseEnvelope(data []byte) (envelope, error) {
	var e envelope
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(&e)
	if _, more := d.Token(); err == nil && more == nil {
		err = errors.New("there is something after it")
	}
	if err != nil {
		return e, fmt.Errorf(`it is not an object of "schema" and "payload" alone, as JsonConverter writes with schemas.enable: %w`, err)
	}
	if e.Schema == nil || e.Payload == nil {
		return e, errors.New(`it has no "schema" or no "payload", which JsonConverter writes with schemas.enable; for JSON without a schema there is json`)
	}
	return e, nil
}

func (d *Decoder) parse(text []byte) (*schema, error) {
	if d.schema != nil && bytes.Equal(text, d.text) {
		return d.schema, nil
	}
	s := new(schema)
	if !bytes.Equal(text, []byte("null")) {
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		if err := dec.Decode(s); err != nil {
			return nil, fmt.Errorf("read the schema: %w", err)
		}
		if err := s.check("", 0); err != nil {
			return nil, fmt.Errorf("read the schema: %w", err)
		}
	}
	d.text, d.schema = bytes.Clone(text), s
	return s, nil
}

// schemaless is a null schema: any value.
func (s *schema) schemaless() bool { return s.Type == "" }

// convert converts a value without its path: see convertAt.
func (s *schema) convert(v any) (any, error) {
	if s.schemaless() {
		return plain.Numbers(v)
	}
	return s.convertAt(budget.New(), path{}, v)
}
