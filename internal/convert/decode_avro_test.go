package convert

import (
	"context"
	"errors"
	"math"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/conduitio/conduit-connector-kafka/internal/registry"
	"github.com/conduitio/conduit-connector-kafka/test/conduit"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestDecodesWhatConfluentsAvroSerializerWrites(t *testing.T) {
	want := map[string]opencdc.Data{
		"primitives": opencdc.StructuredData{"b": true, "i": int64(math.MinInt32), "l": int64(math.MaxInt64), "f": 0.1, "d": 0.1, "s": "é😀", "y": []byte{0, 255}, "n": nil},
		"complex": opencdc.StructuredData{
			"e": "BLUE", "a": []any{int64(1), int64(-1), int64(1<<53 + 1)}, "m": map[string]any{"k": []any{"x", "y"}}, "x": []byte("abcd"), "u": nil, "v": "text", "w": int64(7),
			"next": map[string]any{"e": "RED", "a": []any{}, "m": map[string]any{}, "x": []byte{0, 1, 2, 3}, "u": nil, "v": nil, "w": nil, "next": nil},
		},
		"logical": opencdc.StructuredData{
			"dec": "-12.30", "fix": "1234.5678", "day": "2024-04-30", "tms": "13:05:00.25", "tus": "13:05:00.250001", "at": "2024-04-30T13:05:00.25Z",
			"atus": "2024-04-30T13:05:00.250001Z", "local": "2024-04-30T13:05:00.250001", "id": "2c1f6c4e-8a51-4c5e-9a3f-000000000001", "opt": "1969-12-31T23:59:59.999Z",
		},
		"references":     opencdc.StructuredData{"customer": map[string]any{"name": "x", "country": "A"}, "home": "B"},
		"a string alone": opencdc.RawData("key-7"),
		"a long alone":   opencdc.RawData("9007199254740993"),
		"defaults":       opencdc.StructuredData{"a": int64(7), "b": nil},
	}
	for name, c := range confluent(t, "AVRO") {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := decodeOne(t, DecodeConfig{KeyDecode: decodeAvro, ValueDecode: decodeAvro, Schemas: clientOf(t, c.schemas(t))}, c.Data)
			is.NoErr(err)
			is.Equal(got.Key, want[name])
			is.Equal(got.Payload.After, want[name])
			_, err = conduit.EncodedSize(got) // Conduit's protocol takes it
			is.NoErr(err)
			for _, field := range []string{MetadataKeySchemaID, MetadataValueSchemaID} {
				is.Equal(got.Metadata[field], map[string]string{"references": "3"}[name]+map[bool]string{true: "1"}[name != "references"])
			}
			is.Equal(got.Metadata[MetadataValueSchemaType], "AVRO")
			is.Equal(got.Metadata[MetadataValueSchemaSubject], "orders-value")
			is.Equal(got.Metadata[MetadataValueSchemaVersion], "1")
		})
	}
}

func TestWhatHasNoSchemaOfTheRegistryIsAnError(t *testing.T) {
	r := srfake.New()
	defer r.Close()
	r.SeedSchema("p", 1, 2, sr.Schema{Schema: `syntax = "proto3";`, Type: sr.TypeProtobuf})
	r.SeedSchema("a", 1, 3, sr.Schema{Schema: `"long"`})
	r.SeedSchema("wrong", 1, 4, sr.Schema{Schema: `{"type":"record","name":"r","fields":[{"name":"f","type":"missing"}]}`})
	for data, want := range map[string]string{
		"":                         "does not begin with a zero byte",
		"{}":                       "does not begin with a zero byte",
		"\x00\x00\x00":             "does not begin with a zero byte",
		"\x01\x00\x00\x00\x03\x02": "does not begin with a zero byte",
		"\x00\x00\x00\x00\x07\x02": "find schema 7: the schema registry does not have it",
		"\x00\xff\xff\xff\xff\x02": "does not begin with a zero byte and the ID",
		"\x00\x00\x00\x00\x02\x02": "schema 2 is of type PROTOBUF, and value.decode is for those of type AVRO",
		"\x00\x00\x00\x00\x03":     "with schema 3: ",
		"\x00\x00\x00\x00\x04\x02": "with schema 4: parse the schema",
	} {
		is := is.New(t)
		c := DecodeConfig{ValueDecode: decodeAvro, Schemas: clientOf(t, r)}
		_, err := decodeOne(t, c, []byte(data))
		expect.Error(t, err, "record at offset 41 of partition 3 of topic orders: decode the value: ", want)
		var of *DecodeError
		is.True(errors.As(err, &of))
		c.DecodeOnError = onErrorRaw
		got, err := decodeOne(t, c, []byte(data))
		is.NoErr(err)
		is.Equal(got.Payload.After, opencdc.RawData(data))
		expect.Text(t, got.Metadata[MetadataValueDecodeError], want)
	}
}

func TestAnOutageOfTheRegistryIsNoErrorOfTheRecord(t *testing.T) {
	is := is.New(t)
	c := confluent(t, "AVRO")["primitives"]
	r := c.schemas(t)
	var down atomic.Bool
	down.Store(true)
	r.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return down.Load()
	})
	m := decoding(t, DecodeConfig{ValueDecode: decodeAvro, DecodeOnError: onErrorRaw, Schemas: clientOf(t, r)})
	_, _, err := m.AppendDecoded(context.Background(), nil, values(string(c.Data)), time.Now(), math.MaxInt)
	var outage *registry.UnavailableError
	is.True(errors.As(err, &outage)) // nor does it stay raw
	var of *DecodeError
	is.True(!errors.As(err, &of))
	down.Store(false)
	is.NoErr(outage.Wait(context.Background()))
	got, _, err := m.AppendDecoded(context.Background(), nil, values(string(c.Data)), time.Now(), math.MaxInt)
	is.NoErr(err)
	is.Equal(len(got), 1)
}

func TestWhichSubjectOfASchemaIsNamed(t *testing.T) {
	type places = []registry.SubjectVersion
	in := func(subject string, version int) registry.SubjectVersion {
		return registry.SubjectVersion{Subject: subject, Version: version}
	}
	for name, c := range map[string]struct {
		given places
		want  registry.SubjectVersion
	}{
		"none":                 {nil, registry.SubjectVersion{}},
		"one":                  {places{in("other", 2)}, in("other", 2)},
		"two versions of one":  {places{in("other", 3), in("other", 2)}, in("other", 3)},
		"that of the topic":    {places{in("a", 9), in("orders-value", 1), in("orders-value", 2), in("z", 8)}, in("orders-value", 2)},
		"two, none of a topic": {places{in("a", 1), in("b", 1)}, registry.SubjectVersion{}},
	} {
		t.Run(name, func(t *testing.T) { is.New(t).Equal(placeOf(c.given, "orders-value"), c.want) })
	}
}

func TestMetadataOfASchemaFollowsTheTopic(t *testing.T) {
	is := is.New(t)
	s := &registrySchema{of: &registry.Schema{Type: "AVRO", Versions: []registry.SubjectVersion{{Subject: "a-value", Version: 1}, {Subject: "b-value", Version: 2}}}, id: "7"}
	for _, topic := range []string{"a", "b", "a", "c"} {
		m := opencdc.Metadata{}
		s.note(m, valueFields, topic)
		want := map[string]string{"a": "a-value", "b": "b-value"}[topic]
		is.Equal(m[MetadataValueSchemaSubject], want)
		_, ok := m[MetadataValueSchemaVersion]
		is.Equal(ok, want != "")
	}
}
