package protodata

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

const everything = `syntax = "proto3"; package p;
	import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; import "google/protobuf/wrappers.proto";
	import "google/protobuf/struct.proto"; import "confluent/type/decimal.proto";
	enum E { ZERO = 0; ONE = 1; }
	message M {
		bool b = 1; int32 i = 2; uint64 u = 3; float f = 4; double d = 5; string s = 6; bytes y = 7; E e = 8; repeated int64 l = 9;
		map<int32, string> m = 10; map<bool, N> n = 11; oneof o { string x = 12; N z = 13; } google.protobuf.Timestamp at = 14;
		google.protobuf.Duration took = 15; google.protobuf.Int64Value w = 16; google.protobuf.Struct t = 17; google.protobuf.Value v = 18;
		confluent.type.Decimal dec = 19; optional int32 opt = 20; uint32 u32 = 21; sint64 camel_case = 22;
	}
	message N { int32 a = 1; message D { int32 b = 1; } }`

func TestEncodesWhatRecordsHold(t *testing.T) {
	is := is.New(t)
	c, err := New(everything)
	is.NoErr(err)
	m, err := c.Message("")
	is.NoErr(err)
	is.Equal(m.Name(), "p.M")
	at := time.Date(2024, 4, 30, 13, 5, 0, 250_001_000, time.UTC)
	for name, c2 := range map[string]struct{ given, want any }{
		"b": {true, true}, "i": {-7.0, int64(-7)}, "u": {json.Number("18446744073709551615"), json.Number("18446744073709551615")}, "f": {0.1, 0.1},
		"d": {"NaN", "NaN"}, "s": {"é", "é"}, "y": {"AP8=", []byte{0, 255}}, "e": {"ONE", "ONE"}, "l": {[]int{1, 2}, []any{int64(1), int64(2)}},
		"m": {map[string]string{"7": "x"}, map[string]any{"7": "x"}}, "n": {map[string]any{"true": map[string]any{"a": 1}}, map[string]any{"true": map[string]any{"a": int64(1)}}},
		"x": {"t", "t"}, "z": {map[string]any{}, map[string]any{"a": int64(0)}}, "at": {at, "2024-04-30T13:05:00.250001Z"}, "took": {"-PT1M0.5S", "-PT60.5S"}, "w": {0, int64(0)},
		"t": {map[string]any{"k": []any{1, "x", nil, true, map[string]any{}}}, map[string]any{"k": []any{1.0, "x", nil, true, map[string]any{}}}},
		"v": {"x", "x"}, "dec": {"-12.30", "-12.30"}, "opt": {0, int64(0)}, "u32": {uint32(math.MaxUint32), int64(math.MaxUint32)}, "camelCase": {int64(math.MinInt64), int64(math.MinInt64)},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			b, err := m.Encode(map[string]any{name: c2.given})
			is.NoErr(err)
			got, err := c.Decode(b)
			is.NoErr(err)
			if name == "camelCase" {
				name = "camel_case"
			}
			is.Equal(got.(map[string]any)[name], c2.want)
		})
	}
}

func TestWhatDoesNotFitNamesTheField(t *testing.T) {
	is := is.New(t)
	c, err := New(everything)
	is.NoErr(err)
	m, err := c.Message("")
	is.NoErr(err)
	for _, c := range []struct {
		field string
		v     any
		want  string
	}{
		{"nothing", 1, "field nothing is not in message p.M"}, {"b", 1, "field b: it is a whole number, and not a bool"}, {"i", int64(1 << 31), "field i: 2147483648 is not of type int32"},
		{"i", "x", "field i: it is a text"}, {"u", -1, "field u: -1 is below 0"}, {"u32", -1, "not of type uint32"}, {"d", "x", "not a floating-point number"}, {"y", "!", "not bytes"},
		{"e", "TWO", `"TWO" is not in enum p.E`}, {"e", 1.5, "not in enum"}, {"l", 1, "field l is a whole number, and not a list"}, {"l", []any{1, "x"}, "field l.1: it is a text"},
		{"m", map[string]any{"x": ""}, "field m.x: the key is not of type int32"}, {"n", map[string]any{"x": nil}, "the key is not true or false"}, {"m", 1, "not an object for a map"},
		{"z", map[string]any{"b": 1}, "field z.b is not in message p.N"}, {"z", 1, "not an object for message p.N"}, {"at", "today", "field at: today is not a timestamp"},
		{"took", "P1Y", "field took: P1Y is not a duration"}, {"took", "PT99999999999999S", "too long"}, {"dec", "x", "field dec: "}, {"s", 1, "field s"}, {"s", "\xff", "field s"},
	} {
		_, err := m.Encode(map[string]any{c.field: c.v})
		expect.Error(t, err, c.want)
	}
}

func TestFieldsThatTakeEachOthersPlaceAreAnError(t *testing.T) {
	is := is.New(t)
	c, err := New(`syntax = "proto3"; import "google/protobuf/struct.proto"; message A { oneof o { int32 a = 1; string b = 2; google.protobuf.Value v = 3; } int32 foo_bar = 4; optional google.protobuf.Value w = 5; float f = 6; }`)
	is.NoErr(err)
	m, err := c.Message("")
	is.NoErr(err)
	for want, v := range map[string]map[string]any{
		"field a and field b are both set, and are members of oneof o":   {"a": 0, "b": "x"},
		"field a and field v are both set, and are members of oneof o":   {"a": 1, "b": nil, "v": true},
		"field fooBar and field foo_bar are the same field of message A": {"foo_bar": 0, "fooBar": 2},
		"field f: 1e+300 is too large for a float of 32 bits":            {"f": 1e300},
		"field f: -3.5e+38 is too large for a float of 32 bits":          {"f": -3.5e38},
	} {
		_, err := m.Encode(v)
		expect.Error(t, err, want)
	}
	b, err := m.Encode(map[string]any{"a": 1, "b": nil, "v": nil, "foo_bar": 7, "fooBar": nil, "w": nil})
	is.NoErr(err)
	got, err := c.Decode(b)
	is.NoErr(err)
	is.Equal(got, map[string]any{"a": int64(1), "b": nil, "v": nil, "foo_bar": int64(7), "w": nil, "f": 0.0})
}

func TestMessagesHaveNames(t *testing.T) {
	is := is.New(t)
	c, err := New(everything)
	is.NoErr(err)
	for name, index := range map[string]string{"": "\x00", "M": "\x00", "p.M": "\x00", "N": "\x02\x02", "p.N.D": "\x04\x02\x00"} {
		m, err := c.Message(name)
		is.NoErr(err)
		is.Equal(string(m.index), index)
	}
	for _, name := range []string{"X", "N.X", "q.M"} {
		_, err := c.Message(name)
		expect.Error(t, err, "has no message")
	}
	empty, err := New(`syntax = "proto3";`)
	is.NoErr(err)
	_, err = empty.Message("")
	expect.Error(t, err, "has no message")
}
