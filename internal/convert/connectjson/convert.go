package connectjson

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
)

// path is where a value stands in the payload, for errors.
type path []string

func (p path) String() string {
	if len(p) == 0 {
		return "the payload"
	}
	return "field " + strings.Join(p, ".")
}

// convertAt converts a value that JSON has into what the schema says it is.
func (s *schema) convertAt(b *budget.Budget, p path, v any) (any, error) {
	if len(p) > budget.Depth {
		return nil, budget.ErrDepth
	}
	if err := b.Take(budget.Scalar); err != nil {
		return nil, err
	}
	if v == nil && s.Default != nil { // as replace.null.with.default, which is Kafka Connect's default
		v = s.Default
	}
	if v == nil {
		if !s.Optional {
			return nil, fmt.Errorf("%v is null, which its schema does not allow", p)
		}
		return nil, nil
	}
	if text, ok, err := s.logical(v); err != nil {
		return nil, fmt.Errorf("%v: %w", p, err)
	} else if ok {
		return text, b.Take(budget.Text(len(text)))
	}
	switch s.Type {
	case "struct":
		return s.object(b, p, v)
	case "array":
		return s.list(b, p, v)
	case "map":
		return s.entries(b, p, v)
	}
	if text, ok := v.(string); ok { // also bytes in base64
		if err := b.Take(budget.Text(len(text))); err != nil {
			return nil, err
		}
	}
	out, err := s.primitive(v)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", p, err)
	}
	return out, nil
}

func (s *schema) object(b *budget.Budget, p path, v any) (any, error) {
	given, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%v is %s, and no object", p, kind(v))
	}
	if err := b.Take(budget.Object(len(s.Fields))); err != nil {
		return nil, err
	}
	out := make(map[string]any, len(s.Fields))
	for _, f := range s.Fields {
		var err error
		if out[f.Field], err = f.convertAt(b, append(p, f.Field), given[f.Field]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *schema) list(b *budget.Budget, p path, v any) (any, error) {
	items, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%v is %s, and no list", p, kind(v))
	}
	if err := b.Take(budget.List(len(items))); err != nil {
		return nil, err
	}
	out := make([]any, len(items)) // they may be the schema's default, which is used again
	for i := range items {
		var err error
		if out[i], err = s.Items.convertAt(b, append(p, strconv.Itoa(i)), items[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// entries converts a map: JsonConverter writes an object where its keys are texts, and
// else a list of pairs, which stays one.
func (s *schema) entries(b *budget.Budget, p path, v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		if err := b.Take(budget.Object(len(v))); err != nil {
			return nil, err
		}
		out := make(map[string]any, len(v))
		for name, item := range v {
			var err error
			if out[name], err = s.Values.convertAt(b, append(p, name), item); err != nil {
				return nil, err
			}
		}
		return out, nil
	case []any:
		return s.pairs(b, p, v)
	}
	return nil, fmt.Errorf("%v is %s, and no map", p, kind(v))
}

func (s *schema) pairs(b *budget.Budget, p path, list []any) (any, error) {
	if err := b.Take(budget.Times(len(list), budget.List(3))); err != nil {
		return nil, err
	}
	out := make([]any, len(list))
	for i := range list {
		at := append(p, strconv.Itoa(i))
		kv, ok := list[i].([]any)
		if !ok || len(kv) != 2 {
			return nil, fmt.Errorf("%v is no pair of a key and a value", at)
		}
		key, err := s.Keys.convertAt(b, append(at, "key"), kv[0])
		if err != nil {
			return nil, err
		}
		value, err := s.Values.convertAt(b, append(at, "value"), kv[1])
		if err != nil {
			return nil, err
		}
		out[i] = []any{key, value}
	}
	return out, nil
}
