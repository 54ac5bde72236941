package avrodata

import (
	"math"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/avro"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// field decodes the field of a record, of a type in JSON, from bytes.
func field(t *testing.T, typ string, data string) (any, error) {
	t.Helper()
	c, err := New(`{"type":"record","name":"r","fields":[{"name":"f","type":` + typ + `}]}`)
	is.New(t).NoErr(err)
	v, err := c.Decode([]byte(data))
	if err != nil {
		return nil, err
	}
	return v.(map[string]any)["f"], nil
}

func TestDecodesEachType(t *testing.T) {
	for name, c := range map[string]struct {
		typ, data string
		want      any
	}{
		"null":             {`"null"`, "", nil},
		"boolean":          {`"boolean"`, "\x01", true},
		"int":              {`"int"`, "\x01", int64(-1)},
		"long":             {`"long"`, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", int64(math.MaxInt64)},
		"float":            {`"float"`, "\xcd\xcc\xcc\x3d", 0.1},
		"double":           {`"double"`, "\x9a\x99\x99\x99\x99\x99\xb9\x3f", 0.1},
		"double, NaN":      {`"double"`, "\x00\x00\x00\x00\x00\x00\xf8\x7f", "NaN"},
		"float, infinite":  {`"float"`, "\x00\x00\x80\xff", "-Infinity"},
		"bytes":            {`"bytes"`, "\x04\x00\xff", []byte{0, 255}},
		"string":           {`"string"`, "\x06é!", "é!"},
		"string, no UTF-8": {`"string"`, "\x06a\xffb", "a\uFFFDb"},
		"fixed":            {`{"type":"fixed","name":"x","size":2}`, "ab", []byte("ab")},
		"enum":             {`{"type":"enum","name":"x","symbols":["A","B"]}`, "\x02", "B"},
		"array":            {`{"type":"array","items":"int"}`, "\x04\x02\x04\x00", []any{int64(1), int64(2)}},
		"array, empty":     {`{"type":"array","items":"int"}`, "\x00", []any{}},
		"map":              {`{"type":"map","values":"long"}`, "\x02\x02k\x0e\x00", map[string]any{"k": int64(7)}},
		"union, null":      {`["null","string"]`, "\x00", nil},
		"union, string":    {`["null","string"]`, "\x02\x02x", "x"},
		"union, records": {
			`["null",{"type":"record","name":"a","fields":[{"name":"x","type":"int"}]},{"type":"record","name":"b","fields":[{"name":"y","type":"float"}]}]`,
			"\x04\x00\x00\x00\x00", map[string]any{"y": 0.0},
		},
		"date":                   {`{"type":"int","logicalType":"date"}`, "\x86\xb6\x02", "2024-04-30"},
		"time-millis":            {`{"type":"int","logicalType":"time-millis"}`, "\x08", "00:00:00.004"},
		"time-micros":            {`{"type":"long","logicalType":"time-micros"}`, "\x08", "00:00:00.000004"},
		"timestamp-millis":       {`{"type":"long","logicalType":"timestamp-millis"}`, "\x02", "1970-01-01T00:00:00.001Z"},
		"timestamp-micros":       {`{"type":"long","logicalType":"timestamp-micros"}`, "\x02", "1970-01-01T00:00:00.000001Z"},
		"timestamp-nanos":        {`{"type":"long","logicalType":"timestamp-nanos"}`, "\x01", "1969-12-31T23:59:59.999999999Z"},
		"local-timestamp-millis": {`{"type":"long","logicalType":"local-timestamp-millis"}`, "\x02", "1970-01-01T00:00:00.001"},
		"decimal of bytes":       {`{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`, "\x04\x04\xd2", "12.34"},
		"decimal of fixed":       {`{"type":"fixed","name":"d","size":3,"logicalType":"decimal","precision":6,"scale":3}`, "\xff\xff\xff", "-0.001"},
		"decimal in a union":     {`["null",{"type":"bytes","logicalType":"decimal","precision":9}]`, "\x02\x02\x05", "5"},
		"big-decimal":            {`{"type":"bytes","logicalType":"big-decimal"}`, "\x08\x04\x04\xd2\x04", "12.34"},
		"uuid of string":         {`{"type":"string","logicalType":"uuid"}`, "\x482c1f6c4e-8a51-4c5e-9a3f-000000000001", "2c1f6c4e-8a51-4c5e-9a3f-000000000001"},
		"uuid of fixed":          {`{"type":"fixed","name":"u","size":16,"logicalType":"uuid"}`, "\x2c\x1f\x6c\x4e\x8a\x51\x4c\x5e\x9a\x3f\x00\x00\x00\x00\x00\x01", "2c1f6c4e-8a51-4c5e-9a3f-000000000001"},
		"duration":               {`{"type":"fixed","name":"p","size":12,"logicalType":"duration"}`, "\x0f\x00\x00\x00\x03\x00\x00\x00\xe8\x03\x00\x00", "P1Y3M3DT1S"},
		"unknown logical type":   {`{"type":"int","logicalType":"color"}`, "\x02", int64(1)},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := field(t, c.typ, c.data)
			is.NoErr(err)
			is.Equal(got, c.want)
		})
	}
}

func TestSchemasReferToOthers(t *testing.T) {
	is := is.New(t)
	enum := `{"type":"enum","namespace":"geo","name":"Country","symbols":["A","B"]}`
	address := `{"type":"record","namespace":"geo","name":"Address","fields":[{"name":"country","type":"Country"}]}`
	c, err := New(`{"type":"record","name":"Customer","fields":[{"name":"at","type":"geo.Address"},{"name":"of","type":["null","geo.Country"]}]}`, enum, address, enum)
	is.NoErr(err)
	got, err := c.Decode([]byte("\x02\x02\x00"))
	is.NoErr(err)
	is.Equal(got, map[string]any{"at": map[string]any{"country": "B"}, "of": "A"})
	_, err = New(`{"type":"record","name":"Customer","fields":[{"name":"at","type":"geo.Address"}]}`)
	expect.Error(t, err, "parse the schema", "geo.Address")
	_, err = New(`"string"`, "{")
	expect.Error(t, err, "parse a schema that it refers to")
}

func TestBytesThatDoNotFitAreAnError(t *testing.T) {
	for name, c := range map[string]struct{ typ, data, want string }{
		"nothing":          {`"long"`, "", ""},
		"a cut string":     {`"string"`, "\x0aabc", ""},
		"no branch":        {`["null","string"]`, "\x04", ""},
		"no symbol":        {`{"type":"enum","name":"x","symbols":["A","B"]}`, "\x04", ""},
		"a huge array":     {`{"type":"array","items":"null"}`, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", ""},
		"a huge string":    {`"string"`, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", ""},
		"a late date":      {`{"type":"long","logicalType":"timestamp-millis"}`, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", "four digits"},
		"no time of day":   {`{"type":"int","logicalType":"time-millis"}`, "\x01", "not a time of day"},
		"half a decimal":   {`{"type":"bytes","logicalType":"big-decimal"}`, "\x04\x04\x04", "not a big-decimal"},
		"too deep to read": {`["null","r"]`, strings.Repeat("\x02", 1<<20), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := field(t, c.typ, c.data)
			expect.Error(t, err, c.want)
		})
	}
}

func FuzzDecode(f *testing.F) {
	schema := `{"type":"record","name":"r","fields":[{"name":"next","type":["null","r"]},{"name":"m","type":{"type":"map","values":{"type":"array","items":["null","string","double",{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}]}}},{"name":"t","type":{"type":"long","logicalType":"timestamp-micros"}}]}`
	c, err := New(schema)
	is.New(f).NoErr(err)
	whole, err := avro.MustParse(schema).Encode(map[string]any{"next": nil, "m": map[string]any{"k": []any{"x", nil}}, "t": int64(1)})
	is.New(f).NoErr(err)
	f.Add(whole)
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = c.Decode(data) })
}
