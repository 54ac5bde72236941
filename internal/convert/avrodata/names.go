package avrodata

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
)

// Names returns the full name of the type that a schema is, if it has one, and those of the
// types that it uses and does not define itself.
func Names(text string) (own string, others []string, err error) {
	if err := budget.JSONDepth(text); err != nil {
		return "", nil, fmt.Errorf("parse the schema: %w", err)
	}
	var schema any
	if err := json.Unmarshal([]byte(text), &schema); err != nil {
		return "", nil, fmt.Errorf("parse the schema: %w", err)
	}
	var n names
	n.walk(schema, "")
	for _, used := range n.used {
		if !slices.Contains(n.defined, used) && !slices.Contains(others, used) {
			others = append(others, used)
		}
	}
	if root, ok := schema.(map[string]any); ok {
		own, _ = definition(root, "")
	}
	return own, others, nil
}

// names are the full names in a schema.
type names struct{ defined, used []string }

// walk looks at a schema in a namespace.
func (n *names) walk(schema any, namespace string) {
	switch s := schema.(type) {
	case string:
		if !slices.Contains([]string{"null", "boolean", "int", "long", "float", "double", "bytes", "string"}, s) {
			n.used = append(n.used, qualified(s, namespace))
		}
	case []any: // a union
		for _, one := range s {
			n.walk(one, namespace)
		}
	case map[string]any:
		n.walkObject(s, namespace)
	}
}

func (n *names) walkObject(s map[string]any, namespace string) {
	switch s["type"] {
	case "array":
		n.walk(s["items"], namespace)
	case "map":
		n.walk(s["values"], namespace)
	case "record", "error", "enum", "fixed":
		full, within := definition(s, namespace)
		n.defined = append(n.defined, full)
		fields, _ := s["fields"].([]any)
		for _, f := range fields {
			if field, ok := f.(map[string]any); ok {
				n.walk(field["type"], within)
			}
		}
	default:
		n.walk(s["type"], namespace)
	}
}

// definition returns the full name of a named type, empty for another, and the namespace
// of what is within it.
func definition(s map[string]any, namespace string) (full, within string) {
	name, _ := s["name"].(string)
	if own, ok := s["namespace"].(string); ok {
		namespace = own
	}
	if name == "" {
		return "", namespace
	}
	full = qualified(name, namespace)
	if dot := strings.LastIndexByte(full, '.'); dot >= 0 {
		return full, full[:dot]
	}
	return full, ""
}

func qualified(name, namespace string) string {
	if namespace == "" || strings.Contains(name, ".") {
		return name
	}
	return namespace + "." + name
}
