package avrodata

import (
	"errors"
	"fmt"
	"unicode/utf8"

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
	native, err := e.native(c.root, v, plain.Path{}, false)
	if err != nil {
		return nil, err
	}
	return c.schema.Encode(native)
}

// encoding is that of one value.
type encoding struct {
	*Codec
	budget *budget.Budget
}

// native returns a value as the library encodes it: of exactly the type of the schema,
// with the branches of unions named. Where it is strict, numbers and texts are taken
// for what they are only.
func (c *encoding) native(s *avro.SchemaNode, v any, p plain.Path, strict bool) (any, error) {
	s = c.resolve(s)
	if p.Depth() > budget.Depth {
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
		return nil, c.misfit(p, errors.New(" is null, and its schema has no null"))
	}
	out, err := c.scalar(s, v, strict)
	if err != nil {
		return nil, c.misfit(p, fmt.Errorf(": %w", err))
	}
	return out, nil
}

// misfit says which value an error is about. It takes from the budget what that takes:
// within a union another type may be tried after it, any number of times.
func (c *encoding) misfit(p plain.Path, err error) error {
	if err := c.budget.Take(budget.Text(p.Length())); err != nil {
		return err
	}
	return fmt.Errorf("%v%w", p, err)
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

func (c *encoding) record(s *avro.SchemaNode, v any, p plain.Path) (any, error) {
	given, ok := plain.Object(v)
	if !ok {
		return nil, c.misfit(p, fmt.Errorf(" is %s, and not an object for record %s", plain.Kind(v), s.Name))
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
		case !c.nullable(&f.Type):
			return nil, c.misfit(p.In(f.Name), errors.New(" is missing, and has no default in the schema"))
		}
		var err error
		if out[f.Name], err = c.native(&f.Type, item, p.In(f.Name), false); err != nil {
			return nil, err
		}
	}
	if known < len(given) {
		return nil, c.misfit(p.In(c.unknown(s, given)), fmt.Errorf(" is not in record %s of the schema", s.Name))
	}
	return out, nil
}

// unknown returns the first name that the record does not have.
func (c *encoding) unknown(s *avro.SchemaNode, given map[string]any) string {
	first, found := "", false
	for name := range given {
		if !c.lookup.fields[s][name] && (!found || name < first) {
			first, found = name, true
		}
	}
	return first
}

func (c *Codec) nullable(s *avro.SchemaNode) bool {
	s = c.resolve(s)
	return s.Type == "null" || c.lookup.nullable[s]
}

func (c *encoding) items(s *avro.SchemaNode, v any, p plain.Path) (any, error) {
	given, ok := plain.List(v)
	if !ok {
		return nil, c.misfit(p, fmt.Errorf(" is %s, and not a list", plain.Kind(v)))
	}
	out := make([]any, len(given))
	for i := range given {
		var err error
		if out[i], err = c.native(s.Items, given[i], p.In(fmt.Sprint(i)), false); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *encoding) entries(s *avro.SchemaNode, v any, p plain.Path) (any, error) {
	given, ok := plain.Object(v)
	if !ok {
		return nil, c.misfit(p, fmt.Errorf(" is %s, and not an object for a map", plain.Kind(v)))
	}
	out := make(map[string]any, len(given))
	for name, item := range given {
		if !utf8.ValidString(name) {
			return nil, c.misfit(p, errors.New(" has a name that is not UTF-8"))
		}
		var err error
		if out[name], err = c.native(s.Values, item, p.In(name), false); err != nil {
			return nil, err
		}
	}
	return out, nil
}
