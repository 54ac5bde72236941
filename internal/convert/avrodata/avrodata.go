// Package avrodata decodes Avro's binary encoding into plain values, and encodes these.
package avrodata

import (
	"fmt"
	"slices"

	"github.com/twmb/avro"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// Codec is what a schema says. Its methods may be called from any goroutine.
type Codec struct {
	schema *avro.Schema
	root   *avro.SchemaNode
	names  map[string]*avro.SchemaNode
}

// New parses a schema. The schemas that it refers to come first, each after those that it
// refers to itself.
func New(text string, references ...string) (*Codec, error) {
	var cache avro.SchemaCache
	options := append(logicalTypes(), avro.WithLaxNames(nil))
	for i, r := range references {
		if slices.Contains(references[:i], r) {
			continue
		}
		if _, err := cache.Parse(r, options...); err != nil {
			return nil, fmt.Errorf("parse a schema that it refers to: %w", err)
		}
	}
	schema, err := cache.Parse(text, options...)
	if err != nil {
		return nil, fmt.Errorf("parse the schema: %w", err)
	}
	c := &Codec{schema, schema.Root(), make(map[string]*avro.SchemaNode)}
	named(c.root, c.names)
	return c, nil
}

// Decode decodes a value. What comes after it is not looked at, as other consumers don't.
func (c *Codec) Decode(data []byte) (any, error) {
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
