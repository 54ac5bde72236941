package avrodata

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/twmb/avro"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
)

// The library encodes defaults as it parses a schema, also those of records within for
// what they leave out: 2 to the power of n values, where each of n records has two fields
// of the next. So a schema is parsed without its defaults first, and they are measured.

// otherDefault stands for default there.
const otherDefault = "kafka.default"

// withoutDefaults renames the attribute default in a schema. A text that is not JSON stays
// as it is.
func withoutDefaults(text string) string {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return text
	}
	renameDefaults(v)
	b, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return string(b)
}

func renameDefaults(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			renameDefaults(item)
		}
	case map[string]any:
		if value, ok := v["default"]; ok {
			delete(v, "default")
			defer func() { v[otherDefault] = value }()
		}
		for _, item := range v {
			renameDefaults(item)
		}
	}
}

// takeDefaults has the fields of a schema that was parsed without defaults have them again.
func (c *Codec) takeDefaults() {
	for _, s := range c.names {
		for i := range s.Fields {
			s.Fields[i].Default, s.Fields[i].HasDefault = s.Fields[i].Props[otherDefault]
		}
	}
}

// checkDefaults refuses a schema with a default that is too large.
func (c *Codec) checkDefaults() error {
	for _, s := range c.names {
		for i := range s.Fields {
			if c.defaults[&s.Fields[i]] > budget.Bytes {
				return fmt.Errorf("parse the schema: the default of field %s of record %s takes more than %d MiB", s.Fields[i].Name, s.Name, budget.Bytes>>20)
			}
		}
	}
	return nil
}

// defaultSizer finds how many bytes the defaults of fields are encoded in, or more. Those
// of records within have defaults for what they leave out, so that a short schema may
// have long ones.
type defaultSizer struct {
	c     *Codec
	known map[*avro.SchemaField]int
	steps int
}

// maxSteps bounds the values of defaults that are looked at. A union may be of any of its
// types. Beyond it defaults count as too large.
const maxSteps = 1 << 20

func (c *Codec) sizeDefaults() map[*avro.SchemaField]int {
	d := defaultSizer{c: c, known: make(map[*avro.SchemaField]int)}
	for _, s := range c.names {
		for i := range s.Fields {
			d.field(&s.Fields[i])
		}
	}
	return d.known
}

func (d *defaultSizer) field(f *avro.SchemaField) int {
	n, ok := d.known[f]
	if !ok && f.HasDefault {
		d.known[f] = 2 * budget.Bytes // a default that needs itself
		n = d.value(&f.Type, f.Default)
		d.known[f] = n
	}
	return n
}

func (d *defaultSizer) value(s *avro.SchemaNode, v any) int {
	if d.steps++; d.steps > maxSteps {
		return 2 * budget.Bytes
	}
	s = d.c.resolve(s)
	sum := 16 // more than numbers, lengths and the ends of lists take
	given, isObject := v.(map[string]any)
	list, isList := v.([]any)
	switch s.Type {
	case "record":
		for i := range s.Fields {
			f := &s.Fields[i]
			if item, ok := given[f.Name]; ok {
				sum = budget.Sum(sum, d.value(&f.Type, item))
			} else {
				sum = budget.Sum(sum, d.field(f))
			}
		}
	case "map":
		for name, item := range given {
			sum = budget.Sum(sum, 16+len(name)+d.value(s.Values, item))
		}
	case "array":
		for i := range list {
			sum = budget.Sum(sum, d.value(s.Items, list[i]))
		}
	case "union":
		for i := range s.Branches {
			b := d.c.resolve(&s.Branches[i])
			if (b.Type == "record" || b.Type == "map") == isObject && (b.Type == "array") == isList {
				sum = max(sum, d.value(b, v))
			}
		}
	default:
		b, _ := json.Marshal(v) //nolint:errchkjson // numbers that are not finite, which are short
		sum = budget.Sum(sum, max(len(b), s.Size))
	}
	return sum
}
