package convert

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// The subject has no schema: that of the first record is registered, and the records come
// back as they were.
func TestSchemaIsMadeOfTheFirstRecord(t *testing.T) {
	full := opencdc.StructuredData{
		"id": int64(7), "price": 1.5, "paid": true, "name": "Ü", "none": nil, "lines": []any{map[string]any{"sku": "a", "tags": []any{"x"}}},
		"at": map[string]any{"city": "B", "geo": map[string]any{"lat": 2.5}},
	}
	for format, decode := range map[string]string{formatAvro: decodeAvro, formatProtobuf: decodeProtobuf, formatJSONSchema: decodeJSONSchema} {
		t.Run(format, func(t *testing.T) {
			is := is.New(t)
			r := srfake.New()
			defer r.Close()
			m := encoding(t, r, map[string]string{"value.format": format, "schema.autoRegister": "true"})
			for _, given := range []opencdc.Data{full, opencdc.RawData(`{"id":8}`), opencdc.StructuredData{"id": nil}} {
				msg, err := encodeOne(t, m, given)
				is.NoErr(err)
				got, err := decodeOne(t, DecodeConfig{ValueDecode: decode, Schemas: clientOf(t, r)}, msg.Value)
				is.NoErr(err)
				fields, ok := got.Payload.After.(opencdc.StructuredData)
				is.True(ok)
				if s, ok := given.(opencdc.StructuredData); ok && len(s) == len(full) {
					a, err := json.Marshal(given)
					is.NoErr(err)
					b, err := json.Marshal(fields)
					is.NoErr(err)
					is.Equal(string(b), string(a))
				}
			}
			_, err := encodeOne(t, m, opencdc.StructuredData{"id": "not a number"})
			expect.Error(t, err, "field id")
		})
	}
}

func TestSchemaCannotBeMadeOfEachRecord(t *testing.T) {
	deep := opencdc.StructuredData{"a": int64(1)}
	for range 100 {
		deep = opencdc.StructuredData{"a": map[string]any(deep)}
	}
	for name, c := range map[string]struct {
		format string
		given  opencdc.Data
		want   string
	}{
		"no object":     {formatAvro, opencdc.RawData("[1]"), "made of an object alone: this is a list"},
		"no JSON":       {formatProtobuf, opencdc.RawData("x"), "made of JSON alone"},
		"a name":        {formatAvro, opencdc.StructuredData{"a b": int64(1)}, `the field "a b" can't be in a schema`},
		"lists of them": {formatProtobuf, opencdc.StructuredData{"a": []any{[]any{"x"}}}, "a list of lists"},
		"deep":          {formatJSONSchema, deep, "nested too deep"},
	} {
		t.Run(name, func(t *testing.T) {
			r := srfake.New()
			defer r.Close()
			_, err := encodeOne(t, encoding(t, r, map[string]string{"value.format": c.format, "schema.autoRegister": "true"}), c.given)
			expect.Error(t, err, c.want)
			is.New(t).True(!strings.Contains(err.Error(), "panic"))
		})
	}
}
