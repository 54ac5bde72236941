package jsonschema

import (
	"encoding/json"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

const order = `{"$schema":"http://json-schema.org/draft-07/schema#","title":"Order","type":"object","required":["id"],
	"properties":{"id":{"type":"integer"},"lines":{"type":"array","items":{"$ref":"line.json"}}},"additionalProperties":false}`

const line = `{"type":"object","properties":{"sku":{"type":"string"}}}`

func TestEncodesWhatFits(t *testing.T) {
	is := is.New(t)
	c, err := New(order, Reference{"line.json", line})
	if err != nil { // a relative name resolves against the schema's own
		t.Log(err)
	}
	is.NoErr(err)
	b, err := c.Encode(map[string]any{"id": json.Number("18446744073709551615"), "lines": []any{map[string]any{"sku": "<é>"}}})
	is.NoErr(err)
	is.Equal(c.Name(), "Order")
	var got any
	is.NoErr(json.Unmarshal(b, &got))
	for name, c2 := range map[string]struct {
		v    any
		want string
	}{
		"missing": {map[string]any{}, "the data: missing propert"},
		"type":    {map[string]any{"id": 1.5}, "field id: got number, want integer"},
		"nested":  {map[string]any{"id": 1, "lines": []any{map[string]any{"sku": 7}}}, "field lines.0.sku: got number, want string"},
		"more":    {map[string]any{"id": 1, "x": 1}, "additional propert"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.Encode(c2.v)
			expect.Error(t, err, c2.want)
		})
	}
}

func TestSchemasAreNotFetched(t *testing.T) {
	for _, ref := range []string{"http://127.0.0.1:1/x.json", "file:///etc/passwd", "missing.json"} {
		_, err := New(`{"$ref":"` + ref + `"}`)
		expect.Error(t, err, "compile the schema", "not among the schemas")
	}
	_, err := New("{")
	expect.Error(t, err, "parse the schema")
	_, err = New(`{"type":"nothing"}`)
	expect.Error(t, err, "compile the schema")
}

func TestTheLongestNameOfAReferenceCounts(t *testing.T) {
	for range 20 { // maps are in no order
		is := is.New(t)
		c, err := New(`{"properties":{"a":{"$ref":"part.json"},"b":{"$ref":"of/part.json"}}}`,
			Reference{"part.json", `{"type":"string"}`}, Reference{"of/part.json", `{"type":"null"}`})
		is.NoErr(err)
		_, err = c.Encode(map[string]any{"a": "x", "b": nil})
		is.NoErr(err)
	}
}

func TestNamesOfReferencesMayLeadUp(t *testing.T) {
	is := is.New(t)
	c, err := New(`{"$ref":"./of/part.json"}`, Reference{"../../other.json", `{"type":"string"}`}, Reference{"./of/part.json", `{"$ref":"../../other.json"}`})
	is.NoErr(err)
	_, err = c.Encode("x")
	is.NoErr(err)
	_, err = c.Encode(1)
	expect.Error(t, err, "got number, want string")
}
