package convert

import (
	"context"
	"encoding/binary"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	opencdcv1 "github.com/conduitio/conduit-commons/proto/opencdc/v1"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
	"google.golang.org/protobuf/proto"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/registry"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

type bigSchemas struct{ Schemas }

func (bigSchemas) Schema(_ context.Context, id int) (*registry.Schema, error) {
	return &registry.Schema{ID: id, Type: typeJSON, Text: strings.Repeat("x", 1<<20)}, nil
}

func TestSchemasThatAreReadyAreBoundedInBytes(t *testing.T) {
	d := newRegistryDecoder("value.decode", decodeAuto, bigSchemas{})
	before := live()
	for id := 1; id <= 150; id++ {
		_, _, err := d.decode(t.Context(), append(binary.BigEndian.AppendUint32([]byte{0}, uint32(id)), "{}"...), schemaHeader{})
		is.New(t).NoErr(err)
	}
	if held := live() - before; held > 64<<20 {
		t.Errorf("%d MiB are held", held>>20)
	}
	runtime.KeepAlive(d)
}

// What the bound of a batch does not count: what a value becomes.
func TestDecodeBoundsWhatAValueBecomes(t *testing.T) {
	const size = 6 << 20
	wide := `syntax = "proto3"; message A { repeated B b = 1; } message B { `
	for _, n := range strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16") {
		wide += "int64 f" + n + " = " + n + "; "
	}
	wide += "}"
	r := srfake.New()
	defer r.Close()
	r.SeedSchema("a", 1, 3, sr.Schema{Schema: `{"type":"record","name":"r","fields":[{"name":"m","type":{"type":"array","items":{"type":"map","values":"null"}}}]}`})
	r.SeedSchema("p", 1, 4, sr.Schema{Schema: wide, Type: sr.TypeProtobuf})
	for name, c := range map[string]struct{ choice, data string }{
		"json":         {decodeJSON, `{"a":[{}` + strings.Repeat(",{}", size/3) + `]}`},
		"connect-json": {decodeConnectJSON, `{"schema":null,"payload":[{}` + strings.Repeat(",{}", size/3) + `]}`},
		"a schema":     {decodeConnectJSON, `{"schema":{"type":"struct","fields":[{}` + strings.Repeat(",{}", size/3) + `]},"payload":[]}`},
		"avro":         {decodeAvro, "\x00\x00\x00\x00\x03" + string(binary.AppendVarint(nil, size)) + strings.Repeat("\x00", size+1)},
		"protobuf":     {decodeProtobuf, "\x00\x00\x00\x00\x04\x00" + strings.Repeat("\x0a\x00", size/20)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decodeOne(t, DecodeConfig{ValueDecode: c.choice, Schemas: clientOf(t, r)}, []byte(c.data))
			expect.Error(t, err, "becomes more than 64 MiB in memory")
		})
	}
}

func TestEncodeBoundsWhatRawDataBecomes(t *testing.T) {
	r := srfake.New()
	defer r.Close()
	raw := opencdc.RawData(`{"a":[{}` + strings.Repeat(",{}", 2<<20) + `]}`)
	r.SeedSchema("orders-value", 1, 3, sr.Schema{Schema: `{"type":"record","name":"r","fields":[]}`})
	for _, format := range []string{formatConnectJSON, formatAvro} {
		_, err := encodeOne(t, encoding(t, r, map[string]string{"value.format": format}), raw)
		expect.Error(t, err, "becomes more than 64 MiB in memory")
	}
}

// Conduit's protocol has three messages for each level of objects.
func TestDecodedRecordsPassThroughConduitsProtocol(t *testing.T) {
	is := is.New(t)
	for levels, ok := range map[int]bool{900: true, 2000: false} {
		for _, level := range []string{`{"a":`, `[`} {
			deep := `{"a":` + strings.Repeat(level, levels) + "1" + strings.Repeat(map[string]string{"[": "]", `{"a":`: "}"}[level], levels) + `}`
			got, err := decodeOne(t, DecodeConfig{ValueDecode: decodeJSON, DecodeOnError: onErrorRaw}, []byte(deep))
			is.NoErr(err)
			_, structured := got.Payload.After.(opencdc.StructuredData)
			is.Equal(structured, ok)
			var p, again opencdcv1.Record
			is.NoErr(got.ToProto(&p))
			b, err := proto.Marshal(&p)
			is.NoErr(err)
			is.NoErr(proto.Unmarshal(b, &again))
		}
	}
}

// Kafka takes the record by default, and Conduit's protocol takes it as raw data.
func TestDecodedRecordIsNotLargerThanConduitsProtocolTakes(t *testing.T) {
	is := is.New(t)
	text := opencdc.RawData(`{"a":[1` + strings.Repeat(",1", 450_000) + `]}`)
	batch := message.Batch{Topic: "orders", Records: []recordbatch.Record{{Value: text}}}
	for _, onError := range []string{onErrorRaw, onErrorFail} {
		d, err := NewDecoding(DecodeConfig{ValueDecode: decodeJSON, DecodeOnError: onError})
		is.NoErr(err)
		m := newRecords()
		m.Decode(d)
		got, _, err := m.AppendDecoded(t.Context(), nil, batch, time.Now(), math.MaxInt)
		if onError == onErrorFail {
			expect.Error(t, err, "more than 4 MiB")
			continue
		}
		is.NoErr(err)
		is.True(SizeOf(&got[0]) < 4<<20)
		is.Equal(got[0].Payload.After, text)
		expect.Text(t, got[0].Metadata[MetadataValueDecodeError], "more than 4 MiB")
	}
}

func TestDecodedDataThatIsTooLargeStaysAsItWas(t *testing.T) {
	r := srfake.New()
	defer r.Close()
	r.SeedSchema("orders-value", 1, 3, sr.Schema{Schema: `{"type":"array","items":{"type":"enum","name":"e","symbols":["` + strings.Repeat("x", 60) + `"]}}`})
	for name, c := range map[string]struct {
		choice, data string
		stays        bool
	}{
		"a list of Avro":             {decodeAvro, "\x00\x00\x00\x00\x03" + string(binary.AppendVarint(nil, 100_000)) + strings.Repeat("\x00", 100_001), true},
		"a list of signs":            {decodeJSON, `["` + strings.Repeat("<", 900_000) + `"]`, false},
		"more than Kafka's default":  {decodeJSON, `{"t":"` + strings.Repeat("x", 2<<20) + `","a":[1` + strings.Repeat(",1", 1<<18) + `]}`, true},
		"larger than 4 MiB as it is": {decodeJSON, `{"t":"` + strings.Repeat("x", 5<<20) + `"}` + strings.Repeat(" ", 100), false},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := decodeOne(t, DecodeConfig{ValueDecode: c.choice, DecodeOnError: onErrorRaw, Schemas: clientOf(t, r)}, []byte(c.data))
			is.NoErr(err)
			is.True(SizeOf(&got) <= max(4<<20, 2*len(c.data)+1000))
			is.Equal(strings.Contains(got.Metadata[MetadataValueDecodeError], "more than 4 MiB"), c.stays)
			if c.stays {
				is.True(string(got.Payload.After.Bytes()) == c.data)
			}
		})
	}
}

func TestWhatConduitsProtocolCanNotCarryIsNotDecoded(t *testing.T) {
	r := srfake.New()
	defer r.Close()
	r.SeedSchema("m", 1, 3, sr.Schema{Schema: `{"type":"map","values":"null"}`})
	r.SeedSchema("j", 1, 4, sr.Schema{Schema: `{}`, Type: sr.TypeJSON})
	for name, c := range map[string]struct {
		choice, data, want string
	}{
		"json":                    {decodeJSON, `{"a":1e400}`, "1e400 is not a number of 64 bits"},
		"json of many digits":     {decodeJSON, `{"a":[` + strings.Repeat("9", 400) + `]}`, "is not a number of 64 bits"},
		"connect-json":            {decodeConnectJSON, `{"schema":null,"payload":{"a":-1e400}}`, "-1e400 is not a number of 64 bits"},
		"json-schema":             {decodeJSONSchema, "\x00\x00\x00\x00\x04" + `{"a":1e400}`, "1e400 is not a number of 64 bits"},
		"a small number":          {decodeJSON, `{"a":1e-400}`, ""},
		"a name that no UTF-8 is": {decodeAvro, "\x00\x00\x00\x00\x03\x02\x04\xff\xfe\x00", ""},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := decodeOne(t, DecodeConfig{ValueDecode: c.choice, DecodeOnError: onErrorRaw, Schemas: clientOf(t, r)}, []byte(c.data))
			is.NoErr(err)
			expect.Text(t, got.Metadata[MetadataValueDecodeError], c.want)
			var p opencdcv1.Record
			is.NoErr(got.ToProto(&p))
			_, err = proto.Marshal(&p)
			is.NoErr(err)
		})
	}
}

func TestDecodeErrorsArePrintableAndShort(t *testing.T) {
	for _, value := range []string{
		`{"schema":{"type":"struct","fields":[{"field":"a\u001b[2J\u001b[31m","type":"int32"}]},"payload":{}}`,
		`{"schema":{"type":"int32"},"payload":` + strings.Repeat("9", 200_000) + `}`,
	} {
		_, err := decodeOne(t, DecodeConfig{ValueDecode: decodeConnectJSON}, []byte(value))
		expect.Error(t, err)
		if text := err.Error(); len(text) > 1000 || strings.Contains(text, "\x1b") {
			t.Errorf("an error of %d bytes: %.200q", len(text), text)
		}
	}
}

type panics struct{}

func (panics) decode(context.Context, []byte, schemaHeader) (any, *registrySchema, error) {
	panic("index\x1b")
}

func TestPanicOfALibraryIsTheErrorOfTheRecord(t *testing.T) {
	is := is.New(t)
	d := &Decoding{value: part{"value", panics{}, valueFields}, raw: true}
	r := opencdc.Record{Metadata: opencdc.Metadata{}, Payload: opencdc.Change{After: opencdc.RawData("x")}}
	is.NoErr(d.decode(t.Context(), &r, "t", nil))
	is.Equal(r.Payload.After, opencdc.RawData("x"))
	expect.Text(t, r.Metadata[MetadataValueDecodeError], "the library for the format panics: index")
	d.raw = false
	delete(r.Metadata, MetadataValueDecodeError)
	expect.Error(t, d.decode(t.Context(), &r, "t", nil), "panics: index ")
}
