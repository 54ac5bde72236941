package avrodata

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// doubling is a schema of n records, each with two fields of the next.
func doubling(n int, more string) string {
	s := `{"type":"record","name":"r0","fields":[]}`
	for i := range n {
		s = fmt.Sprintf(`{"type":"record","name":"r%d","fields":[{"name":"a","type":%s%s},{"name":"b","type":"r%d"%s}]}`, i+1, s, more, i, more)
	}
	return s
}

func TestDecodeBoundsWhatValuesBecome(t *testing.T) {
	const many = 6 << 20
	count := binary.AppendVarint(nil, many)
	fields := `{"name":"f0","type":"null"}`
	for i := range 1000 {
		fields += fmt.Sprintf(`,{"name":"f%d","type":"null"}`, i+1)
	}
	for name, c := range map[string]struct{ schema, data string }{
		"empty maps":                       {`{"type":"array","items":{"type":"map","values":"null"}}`, string(count) + strings.Repeat("\x00", many+1)},
		"lists of nulls, without bytes":    {`{"type":"array","items":{"type":"array","items":"null"}}`, string(binary.AppendVarint(nil, 10_000)) + strings.Repeat("\x80\x40\x00", 10_000) + "\x00"},
		"records of nulls, without bytes":  {`{"type":"array","items":{"type":"record","name":"r","fields":[` + fields + `]}}`, "\x80\x40\x00"},
		"records that double":              {doubling(30, ""), ""},
		"zeros of decimals":                {`{"type":"array","items":{"type":"bytes","logicalType":"big-decimal"}}`, string(binary.AppendVarint(nil, 10_000)) + strings.Repeat("\x0a\x02\x01\xa0\x9c\x01", 10_000) + "\x00"},
		"objects in unions of many fields": {`{"type":"array","items":["null",{"type":"record","name":"r","fields":[` + fields + `]}]}`, string(binary.AppendVarint(nil, 10_000)) + strings.Repeat("\x02", 10_000) + "\x00"},
	} {
		t.Run(name, func(t *testing.T) {
			codec, err := New(c.schema)
			is.New(t).NoErr(err)
			data := []byte(c.data)
			n := allocated(func() { _, err = codec.Decode(data) })
			expect.Error(t, err, "becomes more than 64 MiB in memory")
			if n > 1<<20 {
				t.Errorf("%d MiB are allocated before that", n>>20)
			}
		})
	}
}

// What is measured is decoded if it fits.
func TestDecodeOfLargeDataThatFits(t *testing.T) {
	is := is.New(t)
	c, err := New(`{"type":"record","name":"r","fields":[{"name":"l","type":{"type":"array","items":{"type":"record","name":"s","namespace":"n",
		"fields":[{"name":"a","type":["null","string"]},{"name":"m","type":{"type":"map","values":"double"}},{"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
		{"name":"e","type":{"type":"enum","name":"e","symbols":["x","y"]}},{"name":"f","type":{"type":"fixed","name":"f","size":2}},{"name":"t","type":"boolean"},{"name":"g","type":"float"}]}}}]}`)
	is.NoErr(err)
	item := map[string]any{"a": "text", "m": map[string]any{"k": 1.5}, "d": "1.25", "e": "y", "f": []byte{1, 2}, "t": true, "g": 0.5}
	list := make([]any, 20_000)
	for i := range list {
		list[i] = item
	}
	b, err := c.Encode(map[string]any{"l": list})
	is.NoErr(err)
	is.True(c.weights.atMost(len(b)) > budget.Bytes)
	got, err := c.Decode(b)
	is.NoErr(err)
	is.Equal(len(got.(map[string]any)["l"].([]any)), len(list))
	is.Equal(got.(map[string]any)["l"].([]any)[7], item)
	_, err = c.Decode(b[:len(b)-2])
	expect.Error(t, err, "ends in the middle of a value")
}

func TestEncodeBoundsWhatValuesBecome(t *testing.T) {
	const list = `{"type":"record","name":"a","fields":[{"name":"v","type":"long"},{"name":"next","type":["null","a",{"type":"record","name":"b","fields":[{"name":"v","type":"long"},{"name":"next","type":["null","a","b"]}]}]}]}`
	deep := any(map[string]any{"v": "not a number", "next": nil})
	for range 60 {
		deep = map[string]any{"v": int64(1), "next": deep}
	}
	long := strings.Repeat("x", 1<<20)
	for name, c := range map[string]struct {
		schema string
		value  any
		want   string
	}{
		"types of a union that fit up to the last level": {list, deep, "becomes more than"},
		"a fixed decimal":        {`{"type":"fixed","name":"f","size":300000000,"logicalType":"decimal","precision":9,"scale":2}`, "1.50", "becomes more than"},
		"defaults that are long": {`{"type":"array","items":{"type":"record","name":"r","fields":[{"name":"a","type":"string","default":"` + long + `"}]}}`, slices.Repeat([]any{m{}}, 70), "becomes more than"},
	} {
		t.Run(name, func(t *testing.T) {
			codec, err := New(c.schema)
			is.New(t).NoErr(err)
			n := allocated(func() { _, err = codec.Encode(c.value) })
			expect.Error(t, err, c.want)
			if n > 8*budget.Bytes {
				t.Errorf("%d MiB are allocated before that", n>>20)
			}
		})
	}
}

// A list of 60 records, the last of which does not fit: the reason is found at once.
func TestEncodeOfARecursiveRecordThatDoesNotFitNamesTheField(t *testing.T) {
	c, err := New(`{"type":"record","name":"node","fields":[{"name":"v","type":"long"},{"name":"next","type":["null","node"],"default":null}]}`)
	is.New(t).NoErr(err)
	v := any(m{"v": "not a number"})
	for range 60 {
		v = m{"v": int64(1), "next": v}
	}
	_, err = c.Encode(v)
	expect.Error(t, err, ".next.v: it is a text")
}

func TestSchemasThatCostTooMuchAreRefused(t *testing.T) {
	_, err := New(`{"type":"string","doc":"` + strings.Repeat("x", budget.Schema) + `"}`)
	expect.Error(t, err, "more than 4 MiB")
	_, err = New(doubling(60, `,"default":{}`))
	expect.Error(t, err, "the default of field")
	expect.Error(t, err, "takes more than 64 MiB")
}

// Each schema of a chain is kept with the text of all before it.
func TestReferencesThatReferToEachOtherAreBounded(t *testing.T) {
	is := is.New(t)
	chain := func(n int) []string {
		all := []string{`{"type":"record","name":"a0","fields":[]}`}
		for i := range n {
			all = append(all, fmt.Sprintf(`{"type":"record","name":"a%d","doc":%q,"fields":[{"name":"x","type":"a%d"}]}`, i+1, strings.Repeat("x", 20_000), i))
		}
		return all
	}
	_, err := New(`"a20"`, chain(20)...)
	is.NoErr(err)
	n := allocated(func() { _, err = New(`"a100"`, chain(100)...) })
	expect.Error(t, err, "each with all that it refers to itself, have more than 16 MiB")
	if n > 1<<30 {
		t.Errorf("%d MiB are allocated before that", n>>20)
	}
}

// Each value is looked up among the names, not compared with all of them: 300,000 times
// 100,000 take a minute.
func TestEncodeLooksNamesUp(t *testing.T) {
	const names, values = 100_000, 300_000
	var symbols, fields, branches strings.Builder
	for i := range names {
		fmt.Fprintf(&symbols, `"a%d",`, i)
		if i < names/4 {
			fmt.Fprintf(&fields, `{"name":"a%d","type":["null","int"]},`, i)
			fmt.Fprintf(&branches, `{"type":"fixed","name":"f%d","size":1},`, i)
		}
	}
	given := m{"zz": nil, "zy": nil}
	for i := range names / 4 {
		given[fmt.Sprint("a", i)] = nil
	}
	for name, c := range map[string]struct {
		schema, want string
		v            any
	}{
		"symbols": {`{"type":"array","items":{"type":"enum","name":"e","symbols":[` + symbols.String() + `"last"]}}`, "", slices.Repeat([]any{"last"}, values)},
		"unknown": {`{"type":"record","name":"r","fields":[` + fields.String() + `{"name":"z","type":"null"}]}`, "field zy is not in record r", given},
		"nulls":   {`{"type":"array","items":[` + branches.String() + `"null"]}`, "", slices.Repeat([]any{nil}, values)},
	} {
		t.Run(name, func(t *testing.T) {
			codec, err := New(c.schema)
			is.New(t).NoErr(err)
			begun := time.Now()
			_, err = codec.Encode(c.v)
			if c.want != "" {
				expect.Error(t, err, c.want)
			} else {
				is.New(t).NoErr(err)
			}
			if took := time.Since(begun); took > 3*time.Second {
				t.Errorf("it takes %v", took)
			}
		})
	}
}

// Each type of a union that does not fit has an error with the path.
func TestErrorsOfTypesThatDoNotFitAreBounded(t *testing.T) {
	c, err := New(`{"type":"record","name":"r","fields":[{"name":"` + strings.Repeat("x", 20_000) + `","type":{"type":"array","items":["int","long","boolean",{"type":"map","values":"int"},"string"]}}]}`)
	is.New(t).NoErr(err)
	v := m{strings.Repeat("x", 20_000): slices.Repeat([]any{"text"}, 10_000)}
	n := allocated(func() { _, err = c.Encode(v) })
	expect.Error(t, err, "becomes more than 64 MiB")
	if n > 8*budget.Bytes {
		t.Errorf("%d MiB are allocated before that", n>>20)
	}
}

func TestDigitsOfADecimalAreBounded(t *testing.T) {
	for _, schema := range []string{`{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`, `{"type":"bytes","logicalType":"big-decimal"}`} {
		c, err := New(schema)
		is.New(t).NoErr(err)
		const size = 512 << 10
		data := append(binary.AppendVarint(nil, size), strings.Repeat("\x7f", size)...)
		if strings.Contains(schema, "big") {
			data = append(data, 0)
			data = append(binary.AppendVarint(nil, int64(len(data))), data...)
		}
		_, err = c.Decode(data)
		expect.Error(t, err, "a decimal of 524288 bytes is not supported")
	}
}

type m = map[string]any
