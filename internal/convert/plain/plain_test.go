package plain

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestNumberKeepsEachDigit(t *testing.T) {
	for text, want := range map[json.Number]any{
		"0": int64(0), "-1": int64(-1), "9223372036854775807": int64(math.MaxInt64), "-9223372036854775808": int64(math.MinInt64),
		"9223372036854775808": json.Number("9223372036854775808"), "18446744073709551615": json.Number("18446744073709551615"),
		"1.5": 1.5, "0.1": 0.1, "1e3": 1000.0, "100000000000000000000": 1e20, "0.000": 0.0, "-0": math.Copysign(0, -1),
		"123456789012.345": 123456789012.345, "1234567890123.456": json.Number("1234567890123.456"),
		"0.30000000000000004": json.Number("0.30000000000000004"), "1e400": json.Number("1e400"), "1e-400": json.Number("1e-400"),
		"1.5e-320": json.Number("1.5e-320"), "0.000001": 0.000001,
	} {
		t.Run(string(text), func(t *testing.T) {
			is := is.New(t)
			got := Number(text)
			is.Equal(got, want)
			exact, ok := new(big.Rat).SetString(string(text))
			is.True(ok || strings.Contains(string(text), "e"))
			b, err := json.Marshal(got)
			is.NoErr(err)
			if again, ok := new(big.Rat).SetString(string(b)); ok && exact != nil {
				is.Equal(again.Cmp(exact), 0) // what JSON says of it is the same number
			}
		})
	}
}

func TestParseJSON(t *testing.T) {
	is := is.New(t)
	got, err := ParseJSON([]byte(` {"id": 9007199254740993, "list": [1, 2.50, null, "x", {"n": 1}], "e": {}} `))
	is.NoErr(err)
	is.Equal(got, map[string]any{"id": int64(9007199254740993), "list": []any{int64(1), 2.5, nil, "x", map[string]any{"n": int64(1)}}, "e": map[string]any{}})
	for text, want := range map[string]string{
		"": "it is empty", " ": "ends in the middle", `{"a":`: "ends in the middle", "{} {}": "something after", "{}x": "something after",
		"\x00\x00\x00\x00\x07\x02": "it is not JSON", "nul": "", "01": "something after", strings.Repeat("[", 100_000): "exceeded max depth",
	} {
		_, err := ParseJSON([]byte(text))
		expect.Error(t, err, want)
	}
}

func TestDataOfValuesThatAreNoObjectsIsRaw(t *testing.T) {
	for name, c := range map[string]struct {
		given any
		want  opencdc.Data
	}{
		"null":    {nil, nil},
		"object":  {map[string]any{"a": int64(1)}, opencdc.StructuredData{"a": int64(1)}},
		"text":    {"order-7", opencdc.RawData("order-7")},
		"bytes":   {[]byte{0, 255}, opencdc.RawData{0, 255}},
		"integer": {int64(math.MaxInt64), opencdc.RawData("9223372036854775807")},
		"number":  {json.Number("0.30000000000000004"), opencdc.RawData("0.30000000000000004")},
		"bool":    {true, opencdc.RawData("true")},
		"list":    {[]any{"a", int64(1), nil}, opencdc.RawData(`["a",1,null]`)},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := Data(c.given)
			is.NoErr(err)
			is.Equal(got, c.want)
		})
	}
}

func TestNumbersThatAreNotFiniteAreTexts(t *testing.T) {
	is := is.New(t)
	is.Equal(Float(math.NaN()), "NaN")
	is.Equal(Float(math.Inf(1)), "Infinity")
	is.Equal(Float32(float32(math.Inf(-1))), "-Infinity")
	is.Equal(Float(1.5), 1.5)
	is.Equal(Float32(0.1), 0.1)
	is.Equal(Float32(math.MaxFloat32), 3.4028235e38)
}

func TestUint(t *testing.T) {
	is := is.New(t)
	is.Equal(Uint(math.MaxInt64), int64(math.MaxInt64))
	is.Equal(Uint(math.MaxUint64), json.Number("18446744073709551615"))
}

func TestTextIsUTF8(t *testing.T) {
	is := is.New(t)
	_, err := structpb.NewValue(Text("a\xffb"))
	is.NoErr(err)
	is.Equal(Text("a\xffb"), "a\uFFFDb")
}

func TestDecimal(t *testing.T) {
	for _, c := range []struct {
		bytes []byte
		scale int
		want  string
	}{
		{[]byte{0x04, 0xd2}, 2, "12.34"}, {[]byte{0xfb, 0x2e}, 2, "-12.34"}, {[]byte{0x01}, 3, "0.001"}, {[]byte{0xff}, 3, "-0.001"},
		{[]byte{0x00}, 2, "0.00"}, {nil, 0, "0"}, {[]byte{0x7f}, 0, "127"}, {[]byte{0x80}, 0, "-128"}, {[]byte{0x05}, -3, "5000"},
	} {
		got, err := Decimal(c.bytes, c.scale)
		is.New(t).NoErr(err)
		is.New(t).Equal(got, c.want)
	}
	_, err := Decimal([]byte{1}, 1<<30)
	expect.Error(t, err, "scale of 1073741824 is not supported")
	_, err = Decimal([]byte{1}, -1<<30)
	expect.Error(t, err, "not supported")
}

func TestTimes(t *testing.T) {
	is := is.New(t)
	text := func(s string, err error) string { is.Helper(); is.NoErr(err); return s }
	is.Equal(text(Date(0)), "1970-01-01")
	is.Equal(text(Date(19843)), "2024-04-30")
	is.Equal(text(Date(-1)), "1969-12-31")
	is.Equal(text(TimeOfDay(12*time.Hour+34*time.Minute+5678*time.Microsecond)), "12:34:00.005678")
	is.Equal(text(TimeOfDay(0)), "00:00:00")
	is.Equal(text(Timestamp(time.UnixMilli(1714435200123))), "2024-04-30T00:00:00.123Z")
	is.Equal(text(LocalTimestamp(time.UnixMicro(1714435200123456))), "2024-04-30T00:00:00.123456")
	for name, f := range map[string]func() (string, error){
		"late date":      func() (string, error) { return Date(math.MaxInt64) },
		"early date":     func() (string, error) { return Date(math.MinInt32) },
		"late timestamp": func() (string, error) { return Timestamp(time.UnixMilli(math.MaxInt64)) },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f()
			expect.Error(t, err, "not in a year of four digits")
		})
	}
	_, err := TimeOfDay(24 * time.Hour)
	expect.Error(t, err, "not a time of day")
}
