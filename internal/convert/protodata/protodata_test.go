package protodata

import (
	"encoding/base64"
	"math"
	"strings"
	"testing"

	"github.com/matryer/is"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// decode decodes a message, whose fields are given in the Protobuf language, from bytes.
func decode(t *testing.T, fields, data string) (any, error) {
	t.Helper()
	c, err := New(`syntax = "proto3";
		import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; import "google/protobuf/wrappers.proto";
		import "google/protobuf/struct.proto"; import "confluent/meta.proto"; import "confluent/types/decimal.proto";
		enum E { ZERO = 0; ONE = 1; }
		message M { option (confluent.message_meta).doc = "x"; ` + fields + `}`)
	is.New(t).NoErr(err)
	return c.Decode([]byte("\x00" + data))
}

func TestDecodesEachType(t *testing.T) {
	for name, c := range map[string]struct {
		field, data string
		want        any
	}{
		"bool":                {"bool f = 1;", "\x08\x01", true},
		"int32":               {"int32 f = 1;", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", int64(-1)},
		"sint64":              {"sint64 f = 1;", "\x08\x01", int64(-1)},
		"sfixed32":            {"sfixed32 f = 1;", "\x0d\xff\xff\xff\xff", int64(-1)},
		"uint32":              {"uint32 f = 1;", "\x08\xff\xff\xff\xff\x0f", int64(math.MaxUint32)},
		"float":               {"float f = 1;", "\x0d\xcd\xcc\xcc\x3d", 0.1},
		"double, infinite":    {"double f = 1;", "\x09\x00\x00\x00\x00\x00\x00\xf0\x7f", "Infinity"},
		"string":              {"string f = 1;", "\x0a\x01x", "x"},
		"bytes":               {"bytes f = 1;", "\x0a\x02\x00\xff", []byte{0, 255}},
		"enum":                {"E f = 1;", "\x08\x01", "ONE"},
		"enum, unknown":       {"E f = 1;", "\x08\x07", int64(7)},
		"enum, default":       {"E f = 1;", "", "ZERO"},
		"default":             {"int64 f = 1;", "", int64(0)},
		"optional, not set":   {"optional int64 f = 1;", "", nil},
		"optional, set":       {"optional int64 f = 1;", "\x08\x00", int64(0)},
		"oneof, not set":      {"oneof o { int64 f = 1; string g = 2; }", "\x12\x01x", nil},
		"repeated, packed":    {"repeated int32 f = 1;", "\x0a\x02\x01\x02", []any{int64(1), int64(2)}},
		"repeated, empty":     {"repeated int32 f = 1;", "", []any{}},
		"map":                 {"map<int32, bool> f = 1;", "\x0a\x04\x08\x07\x10\x01", map[string]any{"7": true}},
		"message, not set":    {"message N { int32 x = 1; } N f = 1;", "", nil},
		"message":             {"message N { int32 x = 1; } N f = 1;", "\x0a\x00", map[string]any{"x": int64(0)}},
		"timestamp":           {"google.protobuf.Timestamp f = 1;", "\x0a\x02\x10\x01", "1970-01-01T00:00:00.000000001Z"},
		"duration":            {"google.protobuf.Duration f = 1;", "\x0a\x02\x08\x03", "PT3S"},
		"duration, below 0":   {"google.protobuf.Duration f = 1;", "\x0a\x0b\x10\x80\xb6\xca\x91\xfe\xff\xff\xff\xff\x01", "-PT0.5S"},
		"wrapper":             {"google.protobuf.BoolValue f = 1;", "\x0a\x00", false},
		"wrapper, not set":    {"google.protobuf.BoolValue f = 1;", "", nil},
		"value, null":         {"google.protobuf.Value f = 1;", "\x0a\x02\x08\x00", nil},
		"value, text":         {"google.protobuf.Value f = 1;", "\x0a\x03\x1a\x01x", "x"},
		"confluent's decimal": {"confluent.type.Decimal f = 1;", "\x0a\x06\x0a\x02\x04\xd2\x18\x02", "12.34"},
		"unknown field":       {"int32 f = 1;", "\x08\x01\x50\x01", int64(1)},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := decode(t, c.field, c.data)
			is.NoErr(err)
			is.Equal(got.(map[string]any)["f"], c.want)
		})
	}
}

func TestWhichMessageItIs(t *testing.T) {
	is := is.New(t)
	c, err := New(`syntax = "proto2"; message A { message B { message C { required int32 c = 1; } } message D { optional int32 d = 1; } } message E { optional int32 e = 1 [default = 5]; }`)
	is.NoErr(err)
	for data, want := range map[string]any{
		"\x00":                 map[string]any{},
		"\x02\x00":             map[string]any{},
		"\x02\x02\x08\x07":     map[string]any{"e": int64(7)},
		"\x02\x02":             map[string]any{"e": nil},
		"\x04\x00\x02\x08\x01": map[string]any{"d": int64(1)},
		"\x06\x00\x00\x00":     map[string]any{"c": nil}, // required, and missing
	} {
		got, err := c.Decode([]byte(data))
		is.NoErr(err)
		is.Equal(got, want)
	}
	for data, want := range map[string]string{
		"": "which message", "\x02": "which message", "\x01": "which message", "\x02\x01": "which message", "\x02\x04": "no message 2 at depth 1",
		"\x04\x00\x08": "no message 4 at depth 2", "\xfe\xff\xff\xff\x0f": "which message", "\x02\x02\x08": "decode message E",
	} {
		_, err := c.Decode([]byte(data))
		expect.Error(t, err, want)
	}
	empty, err := New(`syntax = "proto3";`)
	is.NoErr(err)
	_, err = empty.Decode([]byte("\x00"))
	expect.Error(t, err, "no message 0")
}

func TestSchemasImportOthers(t *testing.T) {
	is := is.New(t)
	a := File{"a/a.proto", `syntax = "proto3"; package a; message A { int32 x = 1; }`}
	b := File{"b.proto", `syntax = "proto3"; package a; import public "a/a.proto";`}
	c, err := New(`syntax = "proto3"; import "b.proto"; message M { a.A a = 1; }`, a, b)
	is.NoErr(err)
	got, err := c.Decode([]byte("\x00\x0a\x02\x08\x07"))
	is.NoErr(err)
	is.Equal(got, map[string]any{"a": map[string]any{"x": int64(7)}})
	_, err = New(`syntax = "proto3"; import "b.proto"; message M { a.A a = 1; }`, b)
	expect.Error(t, err, "compile the schema", "a/a.proto")
	_, err = New(`message {`)
	expect.Error(t, err, "compile the schema")
}

func TestSchemasMayBeCompiled(t *testing.T) {
	is := is.New(t)
	b, err := proto.Marshal(protodesc.ToFileDescriptorProto(timestamppb.File_google_protobuf_timestamp_proto))
	is.NoErr(err)
	c, err := New(base64.StdEncoding.EncodeToString(b))
	is.NoErr(err)
	got, err := c.Decode([]byte("\x00\x08\x01"))
	is.NoErr(err)
	is.Equal(got, "1970-01-01T00:00:01Z")
}

func TestBytesThatDoNotFitAreAnError(t *testing.T) {
	for name, c := range map[string]struct{ field, data, want string }{
		"cut short":      {"string f = 1;", "\x0a\x05x", "decode message M"},
		"not UTF-8":      {"string f = 1;", "\x0a\x01\xff", "UTF-8"},
		"a late time":    {"google.protobuf.Timestamp f = 1;", "\x0a\x0a\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "field f: 9223372036854775807 seconds"},
		"no duration":    {"google.protobuf.Duration f = 1;", "\x0a\x0d\x08\x01\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "are not a duration"},
		"too deep":       {"M f = 1;", strings.Repeat("\x0a\xff\xff\xff\x07", 20000), "decode message M"},
		"a huge decimal": {"confluent.type.Decimal f = 1;", "\x0a\x06\x18\xff\xff\xff\xff\x07", "scale of 2147483647 is not supported"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decode(t, c.field, c.data)
			expect.Error(t, err, c.want)
		})
	}
}
