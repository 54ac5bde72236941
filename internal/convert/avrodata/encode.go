package avrodata

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/avro"

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
func (c *Codec) Encode(v any) ([]byte, error) {
	native, err := c.native(c.root, v, place{}, false)
	if err != nil {
		return nil, err
	}
	return c.schema.Encode(native)
}

// place is where a value stands, for errors, and the namespace there, for names.
type place struct {
	path      []string
	namespace string
}

func (p place) String() string {
	if len(p.path) == 0 {
		return "the data"
	}
	return "field " + strings.Join(p.path, ".")
}

func (p place) in(name string) place {
	return place{append(slices.Clip(p.path), name), p.namespace}
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

// native returns a value as the library encodes it: of exactly the type of the schema,
// with the branches of unions named. Where it is strict, numbers and texts are taken
// for what they are only.
func (c *Codec) native(s *avro.SchemaNode, v any, p place, strict bool) (any, error) {
	s = c.resolve(s, p)
	if s.Name != "" {
		p.namespace = s.Namespace
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

func (c *Codec) record(s *avro.SchemaNode, v any, p place) (any, error) {
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

func (c *Codec) items(s *avro.SchemaNode, v any, p place) (any, error) {
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

func (c *Codec) entries(s *avro.SchemaNode, v any, p place) (any, error) {
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

// branch chooses the first branch of a union that a value fits into as it is, or else the
// first that it can be converted to, and names it.
func (c *Codec) branch(s *avro.SchemaNode, v any, p place) (any, error) {
	if v == nil {
		if !c.nullable(s, p) {
			return nil, fmt.Errorf("%v is null, and its schema has no null", p)
		}
		return nil, nil
	}
	var why error
	for _, strict := range []bool{true, false} {
		for i := range s.Branches {
			b := c.resolve(&s.Branches[i], p)
			if b.Type == "null" {
				continue
			}
			native, err := c.native(b, v, p, strict)
			if err == nil {
				return map[string]any{branchName(b): native}, nil
			}
			if why == nil || b.Type == "record" { // which says most
				why = err
			}
		}
	}
	if why == nil {
		why = fmt.Errorf("%v is %s, and its schema has null alone", p, plain.Kind(v))
	}
	return nil, fmt.Errorf("no type of a union fits: %w", why)
}

func branchName(s *avro.SchemaNode) string {
	if s.Name != "" {
		return fullName(s)
	}
	return s.Type
}
