package avrodata

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/avro"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// Name returns the full name of the schema's record; empty if it is none.
func (c *Codec) Name() string {
	if c.root.Type == "record" {
		return fullName(c.root)
	}
	return ""
}

// Type returns the schema's type, such as record or string.
func (c *Codec) Type() string { return c.root.Type }

// Encode encodes a plain value. What does not fit is an error that names the field.
// What it costs is bounded (see package budget).
func (c *Codec) Encode(v any) ([]byte, error) {
	e := encoding{c, budget.New()}
	native, err := e.native(c.root, v, place{}, false)
	if err != nil {
		return nil, err
	}
	return c.schema.Encode(native)
}

func fullName(s *avro.SchemaNode) string {
	if s.Namespace == "" || strings.Contains(s.Name, ".") {
		return s.Name
	}
	return s.Namespace + "." + s.Name
}

// named collects the types that have names.
func named(s *avro.SchemaNode, into map[string]*avro.SchemaNode) {
	if s.Name != "" {
		into[fullName(s)] = s
	}
	for i := range s.Fields {
		named(&s.Fields[i].Type, into)
	}
	for i := range s.Branches {
		named(&s.Branches[i], into)
	}
	for _, inner := range []*avro.SchemaNode{s.Items, s.Values} {
		if inner != nil {
			named(inner, into)
		}
	}
}

// resolve returns the type that a name stands for.
func (c *Codec) resolve(s *avro.SchemaNode, p place) *avro.SchemaNode {
	if s.Name != "" {
		return s
	}
	for _, name := range []string{s.Type, p.namespace + "." + s.Type} {
		if t, ok := c.names[name]; ok {
			return t
		}
	}
	return s
}

// encoding is that of one value.
type encoding struct {
	*Codec
	budget *budget.Budget
}

// native returns a value as the library encodes it: of exactly the type of the schema,
// with the branches of unions named. Where it is strict, numbers and texts are taken
// for what they are only.
func (c *encoding) native(s *avro.SchemaNode, v any, p place, strict bool) (any, error) {
	s = c.resolve(s, p)
	if s.Name != "" {
		p.namespace = s.Namespace
	}
	if p.depth > budget.Depth {
		return nil, budget.ErrDepth
	}
	if err := c.budget.Take(cost(s, v)); err != nil {
		return nil, err
	}
	switch s.Type {
	case "union":
		return c.branch(s, v, p)
	case "record":
		return c.record(s, v, p)
	case "array":
		return c.items(s, v, p)
	case "map":
		return c.entries(s, v, p)
	}
	if v == nil && s.Type != "null" {
		return nil, fmt.Errorf("%v is null, and its schema has no null", p)
	}
	out, err := scalar(s, v, strict)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", p, err)
	}
	return out, nil
}

// cost is what a value takes as the library takes it, without those in it, and encoded.
func cost(s *avro.SchemaNode, v any) int {
	switch s.Type {
	case "record":
		return budget.Object(len(s.Fields))
	case "array", "map":
		return budget.Times(budget.List(1), plain.Len(v))
	case "fixed":
		return budget.Times(2, s.Size)
	}
	return budget.Text(2 * plain.Len(v))
}

func (c *encoding) record(s *avro.SchemaNode, v any, p place) (any, error) {
	given, ok := plain.Object(v)
	if !ok {
		return nil, fmt.Errorf("%v is %s, and not an object for record %s", p, plain.Kind(v), s.Name)
	}
	out := make(map[string]any, len(s.Fields))
	known := 0
	for i := range s.Fields {
		f := &s.Fields[i]
		item, ok := given[f.Name]
		switch {
		case ok:
			known++
		case f.HasDefault:
			if err := c.budget.Take(c.defaults[f]); err != nil {
				return nil, err
			}
			continue // which the library fills in
		case !c.nullable(&f.Type, p):
			return nil, fmt.Errorf("%v is missing, and has no default in the schema", p.in(f.Name))
		}
		var err error
		if out[f.Name], err = c.native(&f.Type, item, p.in(f.Name), false); err != nil {
			return nil, err
		}
	}
	if known < len(given) {
		return nil, fmt.Errorf("%v is not in record %s of the schema", p.in(unknown(s, given)), s.Name)
	}
	return out, nil
}

// unknown returns the first name that the record does not have.
func unknown(s *avro.SchemaNode, given map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.ContainsFunc(s.Fields, func(f avro.SchemaField) bool { return f.Name == name }) {
			return name
		}
	}
	return ""
}

func (c *Codec) nullable(s *avro.SchemaNode, p place) bool {
	s = c.resolve(s, p)
	return s.Type == "null" || slices.ContainsFunc(s.Branches, func(b avro.SchemaNode) bool { return b.Type == "null" })
}

func (c *encoding) items(s *avro.SchemaNode, v any, p place) (any, error) {
	given, ok := plain.List(v)
	if !ok {
		return nil, fmt.Errorf("%v is %s, and not a list", p, plain.Kind(v))
	}
	out := make([]any, len(given))
	for i := range given {
		var err error
		if out[i], err = c.native(s.Items, given[i], p.in(fmt.Sprint(i)), false); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *encoding) entries(s *avro.SchemaNode, v any, p place) (any, error) {
	given, ok := plain.Object(v)
	if !ok {
		return nil, fmt.Errorf("%v is %s, and not an object for a map", p, plain.Kind(v))
	}
	out := make(map[string]any, len(given))
	for name, item := range given {
		var err error
		if out[name], err = c.native(s.Values, item, p.in(name), false); err != nil {
			return nil, err
		}
	}
	return out, nil
}
