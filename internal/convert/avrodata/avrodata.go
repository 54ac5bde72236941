// Package avrodata decodes Avro's binary encoding into plain values, and encodes these.
package avrodata

import (
	"fmt"
	"slices"

	"github.com/twmb/avro"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// Codec is what a schema says. Its methods may be called from any goroutine.
type Codec struct {
	schema *avro.Schema
	root   *avro.SchemaNode
	names  map[string]*avro.SchemaNode

	weights  weights                   // of decoded values
	defaults map[*avro.SchemaField]int // bytes of encoded ones
}

// New parses a schema. The schemas that it refers to come first, each after those that it
// refers to itself.
func New(text string, references ...string) (*Codec, error) {
	all := append(slices.Clip(references), text)
	if err := budget.Texts(all...); err != nil {
		return nil, err
	}
	bare := make([]string, len(all))
	for i := range all {
		if err := budget.JSONDepth(all[i]); err != nil {
			return nil, fmt.Errorf("parse the schema: %w", err)
		}
		bare[i] = withoutDefaults(all[i])
	}
	schema, err := parse(bare)
	if err != nil {
		return nil, err
	}
	c := &Codec{root: schema.Root(), names: make(map[string]*avro.SchemaNode)}
	named(c.root, c.names)
	c.takeDefaults()
	c.weights, c.defaults = c.weigh(), c.sizeDefaults()
	if err := c.checkDefaults(); err != nil {
		return nil, err
	}
	c.schema, err = parse(all)
	return c, err
}

// parse parses the last of some schemas. The others are those that it refers to.
func parse(texts []string) (*avro.Schema, error) {
	var cache avro.SchemaCache
	options := append(logicalTypes(), avro.WithLaxNames(nil))
	last := len(texts) - 1
	for i, r := range texts[:last] {
		if slices.Contains(texts[:i], r) {
			continue
		}
		if _, err := cache.Parse(r, options...); err != nil {
			return nil, fmt.Errorf("parse a schema that it refers to: %w", err)
		}
	}
	schema, err := cache.Parse(texts[last], options...)
	if err != nil {
		return nil, fmt.Errorf("parse the schema: %w", err)
	}
	return schema, nil
}

// Decode decodes a value. What comes after it is not looked at, as other consumers don't.
// What it costs is bounded (see package budget).
func (c *Codec) Decode(data []byte) (any, error) {
	if c.weights.atMost(len(data)) > budget.Bytes {
		m := measurer{c, budget.New(), data}
		if err := m.node(c.root, place{}, 0); err != nil {
			return nil, err
		}
	}
	var v any
	if _, err := c.schema.Decode(data, &v); err != nil {
		return nil, err
	}
	return values(v), nil
}

// values replaces in place the numbers and texts of a value by plain ones.
func values(v any) any {
	switch v := v.(type) {
	case int32:
		return int64(v)
	case float32:
		return plain.Float32(v)
	case float64:
		return plain.Float(v)
	case string:
		return plain.Text(v)
	case []any:
		for i := range v {
			v[i] = values(v[i])
		}
	case map[string]any:
		for name, item := range v {
			v[name] = values(item)
		}
	}
	return v
}
