package jsonschema

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
)

// References returns the names, each once and without a fragment, by which a schema refers
// to others. Those of JSON Schema itself are not among them.
func References(text string) ([]string, error) {
	document, err := (&checker{budget: budget.New()}).parse(text)
	if err != nil {
		return nil, fmt.Errorf("parse the schema: %w", err)
	}
	base, err := url.Parse(own)
	if err != nil {
		return nil, err
	}
	r := references{known: map[string]bool{own: true}, used: make(map[string]string)}
	if err := r.walk(document, base, false); err != nil {
		return nil, err
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.used)) {
		at := r.used[name]
		if _, place, _ := strings.Cut(at, "://"); !r.known[at] && !strings.HasPrefix(place, "json-schema.org/") {
			names = append(names, name)
		}
	}
	return names, nil
}

// references are those in a schema.
type references struct {
	known map[string]bool   // the URLs of the schema and of those within it
	used  map[string]string // URLs by names
}

// walk looks at what is within a base URL: a schema, schemas by names, or anything else.
func (r *references) walk(v any, base *url.URL, named bool) error {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if err := r.walk(item, base, false); err != nil {
				return err
			}
		}
	case map[string]any:
		if !named {
			var err error
			if base, err = r.look(v, base); err != nil {
				return err
			}
		}
		for key, item := range v {
			if !named && slices.Contains([]string{"const", "enum", "default", "examples"}, key) {
				continue // values, not schemas
			}
			names := !named && slices.Contains([]string{"properties", "patternProperties", "definitions", "$defs", "dependencies", "dependentSchemas"}, key)
			if err := r.walk(item, base, names); err != nil {
				return err
			}
		}
	}
	return nil
}

// look notes what a schema says of itself and of others, and returns the base of what is
// within it.
func (r *references) look(schema map[string]any, base *url.URL) (*url.URL, error) {
	for _, key := range []string{"$id", "id"} { // that of draft 4 is id
		if id, ok := schema[key].(string); ok {
			at, err := base.Parse(id)
			if err != nil {
				return nil, fmt.Errorf("%s is no URL: %w", key, err)
			}
			base = at
			r.known[withoutFragment(at)] = true
		}
	}
	for _, key := range []string{"$ref", "$dynamicRef"} {
		if name, ok := schema[key].(string); ok {
			at, err := base.Parse(name)
			if err != nil {
				return nil, fmt.Errorf("%s is no URL: %w", key, err)
			}
			if name, _, _ = strings.Cut(name, "#"); name != "" {
				r.used[name] = withoutFragment(at)
			}
		}
	}
	return base, nil
}

func withoutFragment(u *url.URL) string {
	text, _, _ := strings.Cut(u.String(), "#")
	return text
}
