package registry_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
)

// column is a type: how each format has it, empty where it has none, and a value.
type column struct {
	name                       string
	avro, protobuf, jsonSchema string
	value                      any
	fromJSON                   any // what JSON makes of it; nil: the same
}

var columns = []column{
	{"text", `"string"`, `string`, `"string"`, "é😀", nil},
	{"flag", `"boolean"`, `bool`, `"boolean"`, true, nil},
	{"int32", `"int"`, `int32`, `"integer"`, int64(math.MinInt32), nil},
	{"int64", `"long"`, `int64`, `"integer"`, int64(math.MaxInt64), nil},
	{"float32", `"float"`, `float`, `"number"`, 0.1, nil},
	{"float64", `"double"`, `double`, `"number"`, -1.5e300, nil},
	{"bytes", `"bytes"`, `bytes`, `"string"`, []byte{0, 255}, "AP8="},
	{"list", `{"type":"array","items":"long"}`, `repeated int64`, `"array"`, []any{int64(1), int64(-1)}, nil},
	{"map", `{"type":"map","values":"string"}`, `map<string, string>`, `"object"`, map[string]any{"a": "b"}, nil},
	{"enum", `{"type":"enum","name":"Color","symbols":["NONE","BLUE"]}`, `Color`, `"string"`, "BLUE", nil},
	{"nested", `{"type":"record","name":"Inner","fields":[{"name":"id","type":"long"}]}`, `Inner`, `"object"`, map[string]any{"id": int64(7)}, nil},
	{"missing", `["null","string"]`, `optional string`, `["null","string"]`, nil, nil},
	{"there", `["null","string"]`, `optional string`, `["null","string"]`, "x", nil},
	{"instant", `{"type":"long","logicalType":"timestamp-micros"}`, `google.protobuf.Timestamp`, `"string"`, "2024-04-30T13:05:00.250001Z", nil},
	{"day", `{"type":"int","logicalType":"date"}`, ``, `"string"`, "2024-04-30", nil},
	{"time", `{"type":"int","logicalType":"time-millis"}`, ``, `"string"`, "13:05:00.25", nil},
	{"decimal", `{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}`, ``, `"string"`, "-12.30", nil},
	{"uuid", `{"type":"string","logicalType":"uuid"}`, ``, `"string"`, "2c1f6c4e-8a51-4c5e-9a3f-000000000001", nil},
	{"fixed", `{"type":"fixed","name":"Four","size":4}`, ``, ``, []byte("abcd"), nil},
	{"duration", ``, `google.protobuf.Duration`, `"string"`, "PT1.5S", nil},
	{"wrapped", ``, `google.protobuf.Int64Value`, `"integer"`, int64(5), nil},
	{"struct", ``, `google.protobuf.Struct`, `"object"`, map[string]any{"a": []any{true, "b", nil}}, nil},
}

// schema returns what a format makes of the columns, and which of them it has.
func schema(format string) (typ, text string, has []column) {
	var fields []string
	for i, c := range columns {
		field := ""
		switch {
		case format == "avro" && c.avro != "":
			field = fmt.Sprintf(`{"name":%q,"type":%s}`, c.name, c.avro)
		case format == "protobuf" && c.protobuf != "":
			field = fmt.Sprintf("%s %s = %d;", c.protobuf, c.name, i+1)
		case format == "json-schema" && c.jsonSchema != "":
			field = fmt.Sprintf(`%q:{"type":%s}`, c.name, c.jsonSchema)
		default:
			continue
		}
		fields, has = append(fields, field), append(has, c)
	}
	switch format {
	case "avro":
		return "AVRO", `{"type":"record","name":"Row","fields":[` + strings.Join(fields, ",") + `]}`, has
	case "protobuf":
		return "PROTOBUF", `syntax = "proto3"; package shop; import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";
			import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto";
			message Row { ` + strings.Join(fields, " ") + ` } message Inner { int64 id = 1; } enum Color { NONE = 0; BLUE = 1; }`, has
	}
	return "JSON", `{"$schema":"http://json-schema.org/draft-07/schema#","title":"Row","type":"object","properties":{` + strings.Join(fields, ",") + `}}`, has
}

// keySchemas are those of the keys that place.write writes.
var keySchemas = map[string]string{
	"avro":        `{"type":"record","name":"RowKey","fields":[{"name":"id","type":"long"}]}`,
	"protobuf":    `syntax = "proto3"; message RowKey { int64 id = 1; }`,
	"json-schema": `{"type":"object","properties":{"id":{"type":"integer"}}}`,
}

func TestEachTypeGoesThroughEachFormat(t *testing.T) {
	for _, format := range []string{"avro", "protobuf", "json-schema"} {
		typ, text, has := schema(format)
		for _, decode := range []string{format, "auto"} {
			t.Run(format+", read as "+decode, func(t *testing.T) {
				is := is.New(t)
				p := newPlace(t)
				id := p.register(p.topic+"-value", typ, text)
				p.register(p.topic+"-key", typ, keySchemas[format])
				row := opencdc.StructuredData{}
				for _, c := range has {
					row[c.name] = c.value
				}
				is.NoErr(p.write(settings{"value.format": format, "keyFormat": format}, row, nil, row))
				got, err := p.read(p.open(settings{"value.decode": decode, "key.decode": decode}), 3)
				is.NoErr(err)
				is.Equal(got[1].Payload.After, nil) // null stays null
				for i, r := range got {
					is.Equal(r.Key, opencdc.StructuredData{"id": int64(i)})
					is.Equal(r.Metadata["kafka.key.schemaSubject"], p.topic+"-key")
				}
				for _, r := range []opencdc.Record{got[0], got[2]} {
					is.Equal(r.Metadata["kafka.value.schemaID"], fmt.Sprint(id))
					is.Equal(r.Metadata["kafka.value.schemaType"], typ)
					is.Equal(r.Metadata["kafka.value.schemaSubject"], p.topic+"-value")
					is.Equal(r.Metadata["kafka.value.schemaVersion"], "1")
					data, ok := r.Payload.After.(opencdc.StructuredData)
					is.True(ok)
					is.Equal(len(data), len(has))
					for _, c := range has {
						want := c.value
						if format == "json-schema" && c.fromJSON != nil {
							want = c.fromJSON
						}
						t.Run(c.name, func(t *testing.T) { is.New(t).Equal(data[c.name], want) })
					}
				}
			})
		}
	}
}
