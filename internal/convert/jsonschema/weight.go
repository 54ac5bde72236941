package jsonschema

import (
	"encoding/json"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// What there is to do in a schema takes this many steps.
const (
	visit    = 8
	mismatch = 4 // of a value that is not of a schema's type, at which that takes none itself
)

// weight is the steps that a schema takes for a value.
type weight struct {
	once   int // each of which may lead to an error
	each   int // the same, of each value in the value
	other  int
	unique bool
}

// of is the steps for a value. Each error holds the path to it, which takes path steps.
func (w weight) of(v any, path int) int {
	errors, steps := w.once, w.other
	switch v := v.(type) {
	case []any:
		errors += w.each * len(v)
		if w.unique {
			steps += count(v)
		}
	case map[string]any:
		errors += w.each * len(v)
	case string:
		steps += len(v) / 16
	case json.Number:
		steps += len(v)
	}
	return errors*(1+path) + steps
}

// weigh finds what a schema takes. The library returns from one within that is a boolean,
// or not of the value's type, before that can take any steps.
func weigh(s *jsonschema.Schema) weight {
	within := len(s.AllOf) + len(s.AnyOf) + len(s.OneOf) + len(s.DependentSchemas) + len(s.Dependencies)
	for _, one := range []bool{s.Not != nil, s.If != nil, s.Then != nil, s.Else != nil, s.Ref != nil, s.RecursiveRef != nil, s.DynamicRef != nil} {
		within += number(one)
	}
	items := number(s.Items != nil || s.Items2020 != nil || s.PrefixItems != nil || s.AdditionalItems != nil) + number(s.Contains != nil) + number(s.UnevaluatedItems != nil)
	fields := number(s.Properties != nil || s.AdditionalProperties != nil) + len(s.PatternProperties) + number(s.PropertyNames != nil) + number(s.UnevaluatedProperties != nil)
	w := weight{
		once:   visit + mismatch*within + len(s.DependentRequired),
		each:   max(mismatch*max(items, fields), 1),
		other:  len(s.Required),
		unique: s.UniqueItems,
	}
	for _, names := range s.DependentRequired {
		w.other += len(names)
	}
	for _, d := range s.Dependencies {
		if names, ok := d.([]string); ok {
			w.other += len(names)
		}
	}
	if s.Enum != nil {
		w.other += comparing(s.Enum.Values)
	}
	if s.Const != nil {
		w.other += comparing([]any{*s.Const})
	}
	return w
}

func number(is bool) int {
	if is {
		return 1
	}
	return 0
}

// comparing is the steps to compare a value with each of some others.
func comparing(values []any) int {
	const short = 8 // texts a step
	steps := 0
	for _, v := range values {
		if _, ok := v.(string); ok {
			steps++
		} else {
			steps += visit * short * count(v)
		}
	}
	return 1 + steps/short
}
