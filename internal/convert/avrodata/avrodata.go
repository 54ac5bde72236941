// Package avrodata decodes Avro's binary encoding into plain values, and encodes these.
package avrodata

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/twmb/avro"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// Codec is what a schema says. Its methods may be called from any goroutine.
type Codec struct {
	schema *avro.Schema
	root   *avro.SchemaNode
	names  map[string]*avro.SchemaNode
	lookup lookup

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
	c := &Codec{root: schema.Root()}
	c.names = named(c.root)
	c.lookup = c.lookUp()
	c.takeDefaults()
	c.weights, c.defaults = c.weigh(), c.sizeDefaults()
	if err := c.checkDefaults(); err != nil {
		return nil, err
	}
	c.schema, err = parse(all)
	return c, err
}

// maxWritten bounds the texts of schemas, each with those that it refers to written out in
// it, as the library keeps it: where each refers to the one before, they grow with the
// square of their number.
const maxWritten = 4 * budget.Schema

// parse parses the last of some schemas. The others are those that it refers to.
func parse(texts []string) (*avro.Schema, error) {
	var cache avro.SchemaCache
	options := append(logicalTypes(), avro.WithLaxNames(nil))
	last, written := len(texts)-1, 0
	for i, r := range texts[:last] {
		if slices.Contains(texts[:i], r) {
			continue
		}
		s, err := cache.Parse(r, options...)
		if err != nil {
			return nil, fmt.Errorf("parse a schema that it refers to: %w", err)
		}
		if written += len(s.String()); written > maxWritten {
			return nil, fmt.Errorf("parse a schema that it refers to: those of the schema, each with all that it refers to itself, have more than %d MiB", maxWritten>>20)
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
		if err := m.node(c.root, 0); err != nil {
			return nil, err
		}
	}
	var v any
	if _, err := c.schema.Decode(data, &v); err != nil {
		return nil, err
	}
	return values(v)
}

// values replaces in place the numbers, texts and names of a value by plain ones.
func values(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case int32:
		return int64(v), nil
	case float32:
		return plain.Float32(v), nil
	case float64:
		return plain.Float(v), nil
	case string:
		return plain.Text(v), nil
	case []any:
		for i := range v {
			if v[i], err = values(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		var bad []string
		for name, item := range v {
			if v[name], err = values(item); err != nil {
				return nil, err
			}
			if !utf8.ValidString(name) {
				bad = append(bad, name)
			}
		}
		return v, replaceNames(v, bad)
	}
	return v, nil
}

// replaceNames replaces the names of a map that are no UTF-8.
func replaceNames(m map[string]any, bad []string) error {
	slices.Sort(bad)
	for _, name := range bad {
		text := plain.Text(name)
		if _, taken := m[text]; taken {
			return plain.SameName(text)
		}
		m[text] = m[name]
		delete(m, name)
	}
	return nil
}
