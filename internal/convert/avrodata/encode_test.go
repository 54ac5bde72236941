package avrodata

import (
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// encode encodes the field of a record, of a type in JSON.
func encode(t *testing.T, typ string, v any) ([]byte, error) {
	t.Helper()
	c, err := New(`{"type":"record","name":"r","namespace":"n","fields":[{"name":"f","type":` + typ + `}]}`)
	is.New(t).NoErr(err)
	return c.Encode(opencdc.StructuredData{"f": v})
}

func TestEncodesWhatRecordsHold(t *testing.T) {
	at := time.Date(2024, 4, 30, 13, 5, 0, 250_001_000, time.UTC)
	for name, c := range map[string]struct {
		typ  string
		v    any
		want any // decoded again
	}{
		"int of a float":           {`"int"`, 7.0, int64(7)},
		"long of a text number":    {`"long"`, json.Number("9007199254740993"), int64(9007199254740993)},
		"long of a uint8":          {`"long"`, uint8(7), int64(7)},
		"double of an int":         {`"double"`, 7, 7.0},
		"double, NaN":              {`"double"`, "NaN", "NaN"},
		"bytes of base64":          {`"bytes"`, "AP8=", []byte{0, 255}},
		"list of strings":          {`{"type":"array","items":"string"}`, []string{"a"}, []any{"a"}},
		"map of ints":              {`{"type":"map","values":"int"}`, map[string]int{"a": 1}, map[string]any{"a": int64(1)}},
		"date":                     {`{"type":"int","logicalType":"date"}`, "1969-12-31", "1969-12-31"},
		"date of a time":           {`{"type":"int","logicalType":"date"}`, at, "2024-04-30"},
		"time-millis":              {`{"type":"int","logicalType":"time-millis"}`, "13:05:00.2509", "13:05:00.25"},
		"timestamp of a time":      {`{"type":"long","logicalType":"timestamp-micros"}`, at, "2024-04-30T13:05:00.250001Z"},
		"timestamp of a text":      {`{"type":"long","logicalType":"timestamp-millis"}`, "2024-04-30T15:05:00+02:00", "2024-04-30T13:05:00Z"},
		"timestamp of a number":    {`{"type":"long","logicalType":"timestamp-millis"}`, int64(1), "1970-01-01T00:00:00.001Z"},
		"decimal":                  {`{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`, "-12.3", "-12.30"},
		"decimal of a float":       {`{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`, 0.1, "0.10"},
		"decimal of a rational":    {`{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`, big.NewRat(1, 4), "0.25"},
		"decimal of fixed":         {`{"type":"fixed","name":"d","size":4,"logicalType":"decimal","precision":9,"scale":1}`, "-0.1", "-0.1"},
		"uuid of fixed":            {`{"type":"fixed","name":"u","size":16,"logicalType":"uuid"}`, "2c1f6c4e-8a51-4c5e-9a3f-000000000001", "2c1f6c4e-8a51-4c5e-9a3f-000000000001"},
		"union of a small int":     {`["null","int"]`, int64(7), int64(7)},
		"union, double first":      {`["null","long","double"]`, 1.0, 1.0},
		"union, int of a float":    {`["null","int"]`, 1.0, int64(1)},
		"union, decimal":           {`["null",{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}]`, "1.50", "1.50"},
		"union, timestamp":         {`["null",{"type":"long","logicalType":"timestamp-millis"}]`, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
		"union, enum":              {`["null",{"type":"enum","name":"e","symbols":["A"]},"string"]`, "B", "B"},
		"union, double in a float": {`["null","float","double"]`, 0.1234567890123, 0.1234567890123},
		"union, float of ten":      {`["null","float","double"]`, 0.1, 0.1},
		"union, finer than millis": {`["null",{"type":"long","logicalType":"timestamp-millis"},"string"]`, "2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123456789Z"},
		"union, millis alone":      {`["null",{"type":"long","logicalType":"timestamp-millis"}]`, "2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123Z"},
		"union, digits of decimal": {`["null",{"type":"bytes","logicalType":"decimal","precision":9,"scale":2},"string"]`, "1.5", "1.5"},
		"union, uuid in braces":    {`["null",{"type":"fixed","name":"u","size":16,"logicalType":"uuid"},"string"]`, "{f47ac10b-58cc-4372-a567-0e02b2c3d479}", "{f47ac10b-58cc-4372-a567-0e02b2c3d479}"},
		"nanos, first and last":    {`{"type":"array","items":{"type":"long","logicalType":"timestamp-nanos"}}`, []any{"1677-09-21T00:12:43.145224192Z", "2262-04-11T23:47:16.854775807Z"}, []any{"1677-09-21T00:12:43.145224192Z", "2262-04-11T23:47:16.854775807Z"}},
		"union, second record": {
			`["null",{"type":"record","name":"a","fields":[{"name":"x","type":"int"}]},{"type":"record","name":"b","fields":[{"name":"y","type":"int"}]}]`,
			map[string]any{"y": 1.0}, map[string]any{"y": int64(1)},
		},
		"null": {`["null","int"]`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			b, err := encode(t, c.typ, c.v)
			is.NoErr(err)
			got, err := field(t, c.typ, string(b))
			is.NoErr(err)
			is.Equal(got, c.want)
		})
	}
}

func TestMissingFieldsHaveTheirDefaults(t *testing.T) {
	is := is.New(t)
	c, err := New(`{"type":"record","name":"r","fields":[{"name":"a","type":"int","default":7},{"name":"b","type":["null","string"]},{"name":"c","type":["string","null"],"default":"x"}]}`)
	is.NoErr(err)
	b, err := c.Encode(opencdc.StructuredData{})
	is.NoErr(err)
	got, err := c.Decode(b)
	is.NoErr(err)
	is.Equal(got, map[string]any{"a": int64(7), "b": nil, "c": "x"})
	is.Equal(c.Name(), "r")
}

func TestWhatDoesNotFitNamesTheField(t *testing.T) {
	nested := `{"type":"record","name":"s","fields":[{"name":"g","type":{"type":"array","items":"int"}}]}`
	for name, c := range map[string]struct {
		typ  string
		v    any
		want string
	}{
		"null":               {`"int"`, nil, "field f is null, and its schema has no null"},
		"a text":             {`"int"`, "x", "field f: it is a text, and not a whole number"},
		"a fraction":         {`"int"`, 1.5, "field f: 1.5 is not a whole number"},
		"a large int":        {`"int"`, int64(1 << 31), "field f: 2147483648 is not an int of 32 bits"},
		"a number":           {`"string"`, 7, "field f: it is a whole number, and not a string"},
		"no boolean":         {`"boolean"`, "true", "not a boolean"},
		"no list":            {nested, map[string]any{"g": 1}, "field f.g is a whole number, and not a list"},
		"an item":            {nested, map[string]any{"g": []any{1, "x"}}, "field f.g.1: it is a text"},
		"no object":          {nested, []any{}, "field f is a list, and not an object for record s"},
		"missing":            {nested, map[string]any{}, "field f.g is missing"},
		"unknown":            {nested, map[string]any{"g": []any{}, "h": 1}, "field f.h is not in record s"},
		"no symbol":          {`{"type":"enum","name":"e","symbols":["A"]}`, "B", "field f: B is not a symbol of enum e"},
		"no base64":          {`"bytes"`, "!", "field f: it is a text, and not bytes"},
		"a fixed too short":  {`{"type":"fixed","name":"x","size":4}`, []byte("abc"), "it has 3 bytes, and fixed x has 4"},
		"too many digits":    {`{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`, "1.234", "more than 2 digits after its point"},
		"too much precision": {`{"type":"bytes","logicalType":"decimal","precision":3,"scale":2}`, "12.34", "4 digits, and the schema allows 3"},
		"no decimal":         {`{"type":"bytes","logicalType":"decimal","precision":3,"scale":2}`, "1e999999999", "not a decimal"},
		"no date":            {`{"type":"int","logicalType":"date"}`, "today", `"today" is not a date`},
		"a float too large":  {`"float"`, 1e300, "field f: 1e+300 is too large for a float"},
		"a late nano":        {`{"type":"long","logicalType":"timestamp-nanos"}`, "2500-01-01T00:00:00Z", "field f: the year 2500 is not in timestamp-nanos"},
		"an early nano":      {`{"type":"long","logicalType":"local-timestamp-nanos"}`, "0001-01-01T00:00:00", "field f: the year 1 is not in local-timestamp-nanos"},
		"a late micro":       {`{"type":"long","logicalType":"timestamp-micros"}`, time.Date(300_000, 1, 1, 0, 0, 0, 0, time.UTC), "field f: the year 300000 is not in timestamp-micros"},
		"a name in no UTF-8": {`{"type":"map","values":"int"}`, map[string]any{"\xff": 1}, "field f has a name that is not UTF-8"},
		"no branch":          {`["null","int","boolean"]`, "x", "no type of a union fits: field f: it is a text"},
		"null of no null":    {`["int","string"]`, nil, "has no null"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := encode(t, c.typ, c.v)
			expect.Error(t, err, c.want)
		})
	}
}
