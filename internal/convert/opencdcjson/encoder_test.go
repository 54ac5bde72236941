package opencdcjson

import (
	"math"
	"math/rand"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/matryer/is"
)

// theirs is the SDK's own serializer.
var theirs = sdk.GenericRecordSerializer{Converter: sdk.OpenCDCConverter{}, Encoder: sdk.JSONEncoder{}}

func same(t *testing.T, e *Encoder, r opencdc.Record) {
	t.Helper()
	is := is.New(t)
	want, err := theirs.Serialize(r)
	is.NoErr(err)
	got, _, err := e.Encode(&r)
	is.NoErr(err)
	is.Equal(string(got), string(want))
}

func TestEncodesAsTheSDKDoes(t *testing.T) {
	metadata := func(pairs ...string) opencdc.Record {
		m := opencdc.Metadata{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return opencdc.Record{Operation: opencdc.OperationCreate, Metadata: m}
	}
	for name, r := range map[string]opencdc.Record{
		"nothing":            {},
		"unknown operation":  {Operation: 77},
		"all of it":          {Position: []byte("p"), Operation: opencdc.OperationUpdate, Metadata: opencdc.Metadata{"a": "b"}, Key: opencdc.RawData("k"), Payload: opencdc.Change{Before: opencdc.RawData("v"), After: opencdc.RawData("\x00\xff\xfe")}},
		"delete":             {Position: []byte{}, Operation: opencdc.OperationDelete, Key: opencdc.RawData{}},
		"snapshot":           {Operation: opencdc.OperationSnapshot, Metadata: opencdc.Metadata{}},
		"null bytes":         {Operation: opencdc.OperationCreate, Key: opencdc.RawData(nil), Payload: opencdc.Change{After: opencdc.RawData(nil)}},
		"structured":         {Operation: opencdc.OperationCreate, Key: opencdc.StructuredData{"z": 1, "a": []any{"<", nil, 1.5}}, Payload: opencdc.Change{Before: opencdc.StructuredData{}, After: opencdc.StructuredData(nil)}},
		"structured, nested": {Operation: opencdc.OperationCreate, Payload: opencdc.Change{After: opencdc.StructuredData{"b": opencdc.StructuredData{"y": []byte("raw"), "x": "é\u2028\n"}, "a": map[string]any{"k": int64(math.MaxInt64)}}}},
		"order":              metadata("b", "1", "a", "2", "a.b", "3", "a b", "4", "a!", "5", "ab", "6", "a#", "7", "A", "8", "", "9"),
		"quotes":             metadata(`a"b`, `c"d`, `e\f`, `g\h`),
		"markup":             metadata("a", "<b>&c", "d", "e"),
		"markup in names":    metadata("<a>", "b", "c", "d"),
		"other letters":      metadata("a", "é", "b", "\u2028\u2029", "c", "\x7f", "d", "\x00\x1f\b\f\n\r\t"),
		"letters of names":   metadata("é", "a", "e", "b"),
		"not UTF-8":          metadata("a", "\xff\xfe", "b", "ok\xc3"),
	} {
		t.Run(name, func(t *testing.T) { same(t, new(Encoder), r) })
	}
}

// The encoder remembers the fields of the last record.
func TestEncodesRecordsOfAnyFieldsInTurn(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	var e Encoder
	names := []string{"a", "b", "c", "a.b", "<", "kafka.offset", "é"}
	for range 5_000 {
		r := opencdc.Record{Operation: opencdc.Operation(rnd.Intn(6)), Metadata: opencdc.Metadata{}}
		for range rnd.Intn(4) {
			r.Metadata[names[rnd.Intn(len(names))]] = names[rnd.Intn(len(names))]
		}
		r.Payload.After = opencdc.RawData(strings.Repeat("x", rnd.Intn(200)))
		same(t, &e, r)
	}
}

func TestEncodeIsSureThatNoFieldHasThePrefix(t *testing.T) {
	e := Encoder{Prefix: "h."}
	rnd := rand.New(rand.NewSource(1))
	names := []string{"a", "b", "h.a", "h.", "h", "<", "é", "h.é"}
	known := 0
	for range 5_000 {
		is := is.New(t)
		r := opencdc.Record{Operation: opencdc.Operation(rnd.Intn(6)), Metadata: opencdc.Metadata{}}
		has := false
		for range rnd.Intn(4) {
			name := names[rnd.Intn(len(names))]
			r.Metadata[name], has = "", has || strings.HasPrefix(name, e.Prefix)
		}
		same(t, &e, r)
		_, prefixed, err := e.Encode(&r)
		is.NoErr(err)
		if prefixed == PrefixedNone {
			is.Equal(has, false)
			known++
		}
		if rnd.Intn(5) == 0 {
			e.Reset()
		}
	}
	is.New(t).True(known > 500)
}

// What was encoded stays as it is when more is, however large it is, until Reset.
func TestResultsStay(t *testing.T) {
	var e Encoder
	for _, next := range []func(){e.Reset, e.Reset, e.Forget, e.Reset} {
		testResultsStay(t, &e)
		next()
	}
}

func TestKeepsMemoryWithinBounds(t *testing.T) {
	is := is.New(t)
	var e Encoder
	for _, size := range []int{1, 2 * maxKept, chunkSize, maxKept / 2, maxKept / 2, maxKept / 2, 5} {
		same(t, &e, opencdc.Record{Operation: opencdc.OperationCreate, Payload: opencdc.Change{After: opencdc.RawData(make([]byte, size))}})
	}
	e.Reset()
	kept := 0
	for _, c := range e.chunks {
		kept += cap(c)
	}
	is.True(kept > 0)
	is.True(kept <= maxKept)
}

// The memory of a large record is its own, and is not kept.
func TestKeepsNothingOfLargeRecords(t *testing.T) {
	is := is.New(t)
	var e Encoder
	for range 5 {
		for _, size := range []int{1, 2 * maxKept, 2 * maxKept, 1} {
			same(t, &e, opencdc.Record{Operation: opencdc.OperationCreate, Payload: opencdc.Change{After: opencdc.RawData(make([]byte, size))}})
		}
		is.Equal(len(e.chunks), 1)
		e.Reset()
	}
}

func testResultsStay(t *testing.T, e *Encoder) {
	is := is.New(t)
	var got [][]byte
	var want []string
	for i := range 300 {
		r := opencdc.Record{Operation: opencdc.OperationCreate, Payload: opencdc.Change{After: opencdc.RawData(strings.Repeat(string(rune('a'+i%26)), i*i%5_000))}}
		if i == 100 {
			r.Payload.After = opencdc.RawData(make([]byte, 3*chunkSize))
		}
		b, _, err := e.Encode(&r)
		is.NoErr(err)
		got, want = append(got, b), append(want, string(b))
		is.Equal(cap(b), len(b))
	}
	for i := range got {
		is.Equal(string(got[i]), want[i])
	}
}

func TestARecordThatHasNoFormInJSONIsAnError(t *testing.T) {
	is := is.New(t)
	var e Encoder
	bad := opencdc.Record{Operation: opencdc.OperationCreate, Payload: opencdc.Change{After: opencdc.StructuredData{"f": math.Inf(1)}}}
	_, _, err := e.Encode(&bad)
	is.True(err != nil)
	same(t, &e, opencdc.Record{Operation: opencdc.OperationCreate})
}

func FuzzEncode(f *testing.F) {
	f.Add([]byte("position"), 1, "name", "value", "kafka.offset", "7", []byte("key"), []byte("value"), true)
	f.Add([]byte(nil), 3, "", "<&>", "a b", "\xff", []byte{}, []byte(nil), false)
	f.Fuzz(func(t *testing.T, position []byte, operation int, name, value, name2, value2 string, key, after []byte, structured bool) {
		if name != name2 && strings.ToValidUTF8(name, "\ufffd") == strings.ToValidUTF8(name2, "\ufffd") {
			t.Skip("the names are the same in JSON: the SDK's encoder gives them no order")
		}
		r := opencdc.Record{
			Position: position, Operation: opencdc.Operation(operation % 6), Metadata: opencdc.Metadata{name: value, name2: value2},
			Key: opencdc.RawData(key), Payload: opencdc.Change{After: opencdc.RawData(after)},
		}
		if structured {
			r.Payload.Before = opencdc.StructuredData{name: value2, name2: after}
		}
		var e Encoder
		for range 2 {
			same(t, &e, r)
			delete(r.Metadata, name)
		}
	})
}
