package avrodata

import "github.com/twmb/avro"

func fullName(s *avro.SchemaNode) string { return qualified(s.Name, s.Namespace) }

// walk calls f for a type and for each within it, with the namespace around it.
func walk(s *avro.SchemaNode, namespace string, f func(s *avro.SchemaNode, namespace string)) {
	f(s, namespace)
	if s.Name != "" {
		namespace = s.Namespace
	}
	for i := range s.Fields {
		walk(&s.Fields[i].Type, namespace, f)
	}
	for i := range s.Branches {
		walk(&s.Branches[i], namespace, f)
	}
	for _, inner := range []*avro.SchemaNode{s.Items, s.Values} {
		if inner != nil {
			walk(inner, namespace, f)
		}
	}
}

// named returns the types that have names.
func named(root *avro.SchemaNode) map[string]*avro.SchemaNode {
	names := make(map[string]*avro.SchemaNode)
	walk(root, "", func(s *avro.SchemaNode, _ string) {
		if s.Name != "" {
			names[fullName(s)] = s
		}
	})
	return names
}

// resolve returns the type that a name stands for.
func (c *Codec) resolve(s *avro.SchemaNode) *avro.SchemaNode {
	if t, ok := c.lookup.targets[s]; ok {
		return t
	}
	return s
}

// lookup is what encoding asks of a schema's types again and again, which have up to
// hundreds of thousands of symbols, fields and branches.
type lookup struct {
	targets  map[*avro.SchemaNode]*avro.SchemaNode // of names
	symbols  map[*avro.SchemaNode]map[string]bool  // of enums
	fields   map[*avro.SchemaNode]map[string]bool  // of records
	nullable map[*avro.SchemaNode]bool             // unions
}

func (c *Codec) lookUp() lookup {
	l := lookup{make(map[*avro.SchemaNode]*avro.SchemaNode), make(map[*avro.SchemaNode]map[string]bool), make(map[*avro.SchemaNode]map[string]bool), make(map[*avro.SchemaNode]bool)}
	walk(c.root, "", func(s *avro.SchemaNode, namespace string) {
		if t := c.target(s, namespace); t != nil {
			l.targets[s] = t
		}
		l.add(s)
	})
	return l
}

// target returns the type that a name in a namespace stands for; nil for what is no name.
func (c *Codec) target(s *avro.SchemaNode, namespace string) *avro.SchemaNode {
	if s.Name != "" {
		return nil
	}
	if t, ok := c.names[s.Type]; ok {
		return t
	}
	return c.names[namespace+"."+s.Type]
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
		}
	}
	for i := range s.Branches {
		if s.Branches[i].Type == "null" {
			l.nullable[s] = true
		}
	}
}
