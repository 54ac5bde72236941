package convert

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// infer makes a schema of a value, for a subject that has none: each of its fields, which
// may all be null or left out. What is null, and lists without values, are texts.
func infer(typ, name string, v any) (string, error) {
	if _, ok := plain.Object(v); !ok {
		return "", fmt.Errorf("there is no schema, and it can be made of an object alone: this is %s", plain.Kind(v))
	}
	i := inference{names: make(map[string]int)}
	if typ == typeProtobuf {
		if err := i.message(identifier(name), v, 1); err != nil {
			return "", err
		}
		return "syntax = \"proto3\";\n\n" + i.text.String(), nil
	}
	of := i.avro
	if typ == typeJSON {
		of = i.json
	}
	schema, err := of(identifier(name), v, 0)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(schema)
	return string(b), err
}

// inference is that of one schema.
type inference struct {
	names map[string]int // that are taken
	text  strings.Builder
}

// identifier is a name with an underscore for each character that Avro and Protobuf don't
// allow.
func identifier(name string) string {
	out := strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
	if out == "" || out[0] >= '0' && out[0] <= '9' {
		out = "_" + out
	}
	return out
}

// unique is a name that no other type has.
func (i *inference) unique(name string) string {
	i.names[name]++
	if n := i.names[name]; n > 1 {
		return i.unique(fmt.Sprintf("%s_%d", name, n))
	}
	return name
}

// fields calls f for each field in order. Names that schemas can't have are errors.
func (i *inference) fields(v any, depth int, f func(name string, item any) error) error {
	if err := checkDepth(depth); err != nil {
		return err
	}
	fields, _ := plain.Object(v)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if err := f(name, fields[name]); err != nil {
			return err
		}
	}
	return nil
}

func checkDepth(depth int) error {
	if depth > budget.Depth/20 {
		return errors.New("it is nested too deep to make a schema of it")
	}
	return nil
}

func checkName(name string) error {
	if identifier(name) != name {
		return fmt.Errorf("the field %q can't be in a schema of this format: letters, digits and underscores", name)
	}
	return nil
}

// kindOf returns the kind of a value: an object, a list, or the Avro type of a scalar.
func kindOf(v any) string {
	if _, ok := plain.Object(v); ok {
		return "object"
	}
	switch v := v.(type) {
	case bool:
		return "boolean"
	case []byte:
		return "bytes"
	case string, nil:
		return "string"
	default:
		if _, ok := plain.List(v); ok {
			return "list"
		}
		if _, err := plain.ToInt(v, true); err == nil {
			return "long"
		}
		if _, err := plain.ToFloat(v, true); err == nil {
			return "double"
		}
	}
	return "string"
}

// first is the first value of a list that is not null.
func first(v any) any {
	list, _ := plain.List(v)
	for _, item := range list {
		if item != nil {
			return item
		}
	}
	return nil
}

func (i *inference) avro(name string, v any, depth int) (any, error) {
	switch kind := kindOf(v); kind {
	case "object":
		record := i.unique(name)
		fields := []any{}
		err := i.fields(v, depth, func(field string, item any) error {
			if err := checkName(field); err != nil {
				return err
			}
			of, err := i.avro(record+"_"+field, item, depth+1)
			fields = append(fields, map[string]any{"name": field, "type": []any{"null", of}, "default": nil})
			return err
		})
		return map[string]any{"type": "record", "name": record, "fields": fields}, err
	case "list":
		if err := checkDepth(depth); err != nil {
			return nil, err
		}
		of, err := i.avro(name, first(v), depth+1)
		return map[string]any{"type": "array", "items": []any{"null", of}}, err
	default:
		return kind, nil
	}
}

func (i *inference) json(name string, v any, depth int) (any, error) {
	out := map[string]any{}
	if depth == 0 {
		out["$schema"], out["title"] = "http://json-schema.org/draft-07/schema#", name
	}
	kind := kindOf(v)
	switch kind {
	case "object":
		properties := map[string]any{}
		err := i.fields(v, depth, func(field string, item any) (err error) {
			properties[field], err = i.json("", item, depth+1)
			return err
		})
		if err != nil {
			return nil, err
		}
		out["properties"] = properties
	case "list":
		if err := checkDepth(depth); err != nil {
			return nil, err
		}
		items, err := i.json("", first(v), depth+1)
		if err != nil {
			return nil, err
		}
		kind, out["items"] = "array", items
	default:
		kind = map[string]string{"long": "integer", "double": "number", "boolean": "boolean"}[kind]
		if kind == "" {
			kind = "string" // also bytes, in base64
		}
	}
	out["type"] = []any{kind, "null"}
	if depth == 0 {
		out["type"] = kind
	}
	return out, nil
}
