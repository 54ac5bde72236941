package jsonschema

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// twice is a schema whose n parts refer twice to the next, in a way that ways name.
func twice(n int, way string) string {
	var b strings.Builder
	b.WriteString(`{"$defs":{"a0":{"type":"string"}`)
	for i := range n {
		fmt.Fprintf(&b, `,"a%d":%s`, i+1, strings.ReplaceAll(way, "NEXT", fmt.Sprintf(`{"$ref":"#/$defs/a%d"}`, i)))
	}
	fmt.Fprintf(&b, `},"$ref":"#/$defs/a%d"}`, n)
	return b.String()
}

func TestEncodeEndsWhateverTheSchemaSays(t *testing.T) {
	deep := map[string]any{}
	for range 60 {
		deep = map[string]any{"x": deep}
	}
	flat := map[string]any{"x": int64(1), "y": int64(1)}
	list := make([]any, 50_000)
	symbols := make([]string, 9_000)
	for i := range list {
		list[i] = int64(-i)
	}
	for i := range symbols {
		symbols[i] = fmt.Sprint(i)
	}
	for name, c := range map[string]struct {
		schema string
		v      any
	}{
		"anyOf":            {twice(60, `{"anyOf":[NEXT,NEXT]}`), flat},
		"not anyOf":        {twice(60, `{"not":{"anyOf":[NEXT,NEXT]}}`), flat},
		"dependentSchemas": {twice(60, `{"dependentSchemas":{"x":NEXT,"y":NEXT}}`), flat},
		"dependencies":     {`{"$schema":"http://json-schema.org/draft-07/schema#","not":` + strings.ReplaceAll(twice(60, `{"dependencies":{"x":NEXT,"y":NEXT}}`), "#/", "#/not/") + `}`, flat},
		"patterns, deep":   {twice(60, `{"properties":{"x":NEXT},"patternProperties":{"x":NEXT}}`), deep},
		"not patterns":     {`{"not":` + strings.ReplaceAll(twice(60, `{"properties":{"x":NEXT},"patternProperties":{"x":NEXT}}`), "#/", "#/not/") + `}`, deep},
		"many symbols":     {`{"items":{"enum":[` + strings.Join(symbols, ",") + `]}}`, list},
		"not of the type":  {twice(11, `{"allOf":[NEXT,NEXT,{"anyOf":[`+strings.Repeat(`{"type":"null"},`, 700)+`{}]}]}`), flat},
		"booleans":         {twice(11, `{"allOf":[NEXT,NEXT`+strings.Repeat(`,true`, 700)+`]}`), "x"},
		"a long pattern":   {`{"pattern":"^(x?y?){900}$"}`, strings.Repeat("x", 1<<20)},
	} {
		t.Run(name, func(t *testing.T) {
			codec, err := New(c.schema)
			is.New(t).NoErr(err)
			codec.meter.most /= 16 // which takes long enough
			_, err = codec.Encode(c.v)
			expect.Error(t, err, "more than 4194304 steps")
		})
	}
}

// Each error of the library holds the path to its value.
func TestErrorsOfDeepValuesAreBoundedInMemory(t *testing.T) {
	v := any(int64(1))
	for range 900 {
		v = map[string]any{"x": v}
	}
	for name, below := range map[string]string{
		"parts":        `{"anyOf":[NEXT,NEXT]}`,
		"types":        `{"anyOf":[NEXT,NEXT` + strings.Repeat(`,{"type":"null"}`, 100) + `]}`,
		"booleans":     `{"anyOf":[NEXT,NEXT` + strings.Repeat(`,false`, 100) + `]}`,
		"dependencies": `{"anyOf":[NEXT,NEXT,{"properties":{"x":false,"y":false}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := strings.Replace(twice(20, below), `"$defs":{`, `"$defs":{"d":{"if":{"type":"object"},"then":{"properties":{"x":{"$ref":"#/$defs/d"}}},"else":{"$ref":"#/$defs/a20"}},`, 1)
			c, err := New(strings.Replace(s, `,"$ref":"#/$defs/a20"}`, `,"$ref":"#/$defs/d"}`, 1))
			is.New(t).NoErr(err)
			c.meter.most /= 16
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err = c.Encode(v)
			runtime.ReadMemStats(&after)
			expect.Error(t, err, "steps")
			if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
				t.Errorf("%d MiB are allocated before that", n>>20)
			}
		})
	}
}

func TestStepsAreOfOneRecord(t *testing.T) {
	is := is.New(t)
	codec, err := New(`{"items":{"enum":["a","b","c"]}}`)
	is.NoErr(err)
	codec.meter.most /= 16
	list := make([]any, 4_000)
	for i := range list {
		list[i] = "c"
	}
	for range 10 {
		_, err = codec.Encode(list)
		is.NoErr(err)
	}
}

func TestNumbersOfManyDigitsAreRefused(t *testing.T) {
	is := is.New(t)
	c, err := New(`{"type":"object","properties":{"n":{"type":"number","minimum":0}}}`)
	is.NoErr(err)
	for _, number := range []string{"1e1000", "1e401", "1e1000000000", "1E-9999999", strings.Repeat("9", 401)} {
		_, err = c.Encode(map[string]any{"n": json.Number(number)})
		expect.Error(t, err, "more than 400 digits")
		_, err := New(`{"minimum":` + number + `}`)
		expect.Error(t, err, "more than 400 digits")
	}
	_, err = c.Encode(map[string]any{"n": json.Number("1.7976931348623157e308")})
	is.NoErr(err)
}

func TestSchemasThatCostTooMuchAreRefused(t *testing.T) {
	name := strings.Repeat("x", 1<<20)
	for what, c := range map[string]struct{ schema, want string }{
		"long":                       {`{"title":"` + strings.Repeat("x", budget.Schema) + `"}`, "more than 4 MiB"},
		"deep":                       {strings.Repeat(`{"not":`, 5000) + "true" + strings.Repeat("}", 5000), "nested more than 1000 deep"},
		"many":                       {`{"allOf":[{"type":"null"}` + strings.Repeat(`,{"type":"null"}`, 20_000) + `]}`, "more than 10000 objects, lists and booleans"},
		"many booleans":              {`{"allOf":[true` + strings.Repeat(`,true`, 20_000) + `]}`, "more than 10000 objects, lists and booleans"},
		"many below a long name":     {`{"properties":{"` + name + `":{"allOf":[{"type":"null"}` + strings.Repeat(`,{"type":"null"}`, 1000) + `]}}}`, "becomes more than 64 MiB"},
		"a pattern of many letters":  {`{"pattern":"(\\pL{100}){10}"}`, "too large"},
		"a pattern as a property is": {`{"patternProperties":{"(\\pL{100}){10}":{}}}`, "too large"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := New(c.schema)
			expect.Error(t, err, c.want)
		})
	}
}

// What the meter moves within a schema says what it said.
func TestEncodeOfWhatIsNotAmongTheSymbolsNamesTheField(t *testing.T) {
	for _, draft := range []string{"http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"} {
		is := is.New(t)
		c, err := New(`{"$schema":"` + draft + `","properties":{"a":{"enum":["x","y"]},"b":{"pattern":"^z+$"},"c":{"format":"ipv4"}}}`)
		is.NoErr(err)
		_, err = c.Encode(map[string]any{"a": "z"})
		expect.Error(t, err, "field a: value must be one of 'x', 'y'")
		_, err = c.Encode(map[string]any{"b": "x"})
		expect.Error(t, err, "field b: 'x' does not match pattern")
		_, err = c.Encode(map[string]any{"a": "x", "b": "zz"})
		is.NoErr(err)
	}
}
