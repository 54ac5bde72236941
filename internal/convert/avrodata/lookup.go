package avrodata

import (
	"strings"

	"github.com/twmb/avro"
)

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

// lookup is what encoding asks of a schema's types again and again, which have up to
// hundreds of thousands of symbols, fields and branches.
type lookup struct {
	symbols  map[*avro.SchemaNode]map[string]bool // of enums
	fields   map[*avro.SchemaNode]map[string]bool // of records
	nullable map[*avro.SchemaNode]bool            // unions
}

func (c *Codec) lookUp() lookup {
	l := lookup{make(map[*avro.SchemaNode]map[string]bool), make(map[*avro.SchemaNode]map[string]bool), make(map[*avro.SchemaNode]bool)}
	l.add(c.root)
	return l
}

func (l lookup) add(s *avro.SchemaNode) {
	if s.Type == "enum" {
		l.symbols[s] = make(map[string]bool, len(s.Symbols))
		for _, name := range s.Symbols {
			l.symbols[s][name] = true
		}
	}
	if s.Type == "record" {
		l.fields[s] = make(map[string]bool, len(s.Fields))
		for i := range s.Fields {
			l.fields[s][s.Fields[i].Name] = true
			l.add(&s.Fields[i].Type)
		}
	}
	for i := range s.Branches {
		l.add(&s.Branches[i])
		if s.Branches[i].Type == "null" {
			l.nullable[s] = true
		}
	}
	for _, inner := range []*avro.SchemaNode{s.Items, s.Values} {
		if inner != nil {
			l.add(inner)
		}
	}
}
