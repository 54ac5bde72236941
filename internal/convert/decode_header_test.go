package convert

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/registry"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

const valueHeader = "__value_schema_id"

// byGUID are the bytes of Confluent's serializers for Python (confluent-kafka 2.16.1) with
// header_schema_id_serializer.
var byGUID = []struct{ typ, guid, schema, header, data string }{
	{"AVRO", "4f142005-c8b5-47a2-97a3-632e15120624", `{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}`,
		"014f142005c8b547a297a3632e15120624", "0e"},
	{"PROTOBUF", "be885237-07e8-43bf-8d3c-f28df6a52537", `syntax = "proto3"; message First { string a = 1; } message Second { int64 id = 1; }`,
		"01be88523707e843bf8d3cf28df6a525370202", "0807"},
	{"JSON", "3224597d-2d8b-48b6-82c6-448b414bbb88", `{"title":"Order","type":"object","properties":{"id":{"type":"integer"}}}`,
		"013224597d2d8b48b682c6448b414bbb88", "7b226964223a377d"},
}

// guids starts a registry that has these schemas, with IDs from 1 on if it knows IDs.
func guids(t *testing.T, ids bool) *registry.Client {
	t.Helper()
	mux := http.NewServeMux()
	for i, c := range byGUID {
		answer := func(path string, v any) {
			mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(v) })
		}
		schema := map[string]any{"schema": c.schema, "schemaType": c.typ}
		answer("/schemas/guids/"+c.guid, schema)
		answer(fmt.Sprint("/schemas/ids/", i+1), schema)
		if ids {
			answer("/schemas/guids/"+c.guid+"/ids", []any{map[string]any{"context": ".other", "id": 99}, map[string]any{"context": ".", "id": i + 1}})
			answer(fmt.Sprintf("/schemas/ids/%d/versions", i+1), []any{map[string]any{"subject": "orders-value", "version": 3}})
		}
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error_code":40403,"message":"no such schema"}`)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	client, err := registry.New(registry.Config{URLs: []string{s.URL}, Timeout: 10 * time.Second, Warn: func(string, error) {}})
	is.New(t).NoErr(err)
	return client
}

// decodeValue decodes a value of topic orders that has headers.
func decodeValue(t *testing.T, c DecodeConfig, data string, headers ...recordbatch.Header) (opencdc.Record, error) {
	t.Helper()
	return decodeBatch(t, c, message.Batch{Topic: "orders", Records: []recordbatch.Record{{Offset: 41, Value: []byte(data), Headers: headers}}})
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	is.New(t).NoErr(err)
	return b
}

func TestDecodesWhatNamesItsSchemaInAHeader(t *testing.T) {
	for i, c := range byGUID {
		choice := map[string]string{"AVRO": decodeAvro, "PROTOBUF": decodeProtobuf, "JSON": decodeJSONSchema}[c.typ]
		for _, ids := range []bool{true, false} {
			t.Run(fmt.Sprint(c.typ, ", IDs are known: ", ids), func(t *testing.T) {
				is := is.New(t)
				client := guids(t, ids)
				header := recordbatch.Header{Key: valueHeader, Value: unhex(t, c.header)}
				first := recordbatch.Header{Key: valueHeader, Value: []byte("the last one counts")}
				for _, decode := range []string{choice, decodeAuto} {
					got, err := decodeValue(t, DecodeConfig{ValueDecode: decode, DecodeOnError: onErrorFail, Schemas: client}, string(unhex(t, c.data)), first, header)
					is.NoErr(err)
					is.Equal(got.Payload.After, opencdc.StructuredData{"id": int64(7)})
					is.Equal(got.Metadata[MetadataValueSchemaType], c.typ)
					is.Equal(got.Metadata[MetadataValueSchemaID], map[bool]string{true: fmt.Sprint(i + 1), false: c.guid}[ids])
					is.Equal(got.Metadata[MetadataValueSchemaVersion], map[bool]string{true: "3"}[ids])
				}
			})
		}
	}
}

func TestAHeaderMayHaveAnIDAsWell(t *testing.T) {
	is := is.New(t)
	for id, c := range map[byte]string{1: "", 2: "\x02\x02", 3: ""} {
		header := recordbatch.Header{Key: valueHeader, Value: append([]byte{0, 0, 0, 0, id}, c...)}
		got, err := decodeValue(t, DecodeConfig{ValueDecode: decodeAuto, DecodeOnError: onErrorFail, Schemas: guids(t, true)}, string(unhex(t, byGUID[id-1].data)), header)
		is.NoErr(err)
		is.Equal(got.Payload.After, opencdc.StructuredData{"id": int64(7)})
		is.Equal(got.Metadata[MetadataValueSchemaID], fmt.Sprint(id))
	}
}

func TestAHeaderThatNamesNoSchemaIsAnErrorOfTheRecord(t *testing.T) {
	for value, want := range map[string]string{
		"":                                    "header __value_schema_id has neither",
		"\x01":                                "header __value_schema_id has neither",
		"\x00\x00\x00\x00":                    "header __value_schema_id has neither",
		"\x02" + string(make([]byte, 16)):     "header __value_schema_id has neither",
		"\x01\xff" + string(make([]byte, 15)): "find schema ff000000-0000-0000-0000-000000000000: the schema registry does not have it: no such schema",
		string(unhex(t, byGUID[1].header[:34])) + "\x02\x04": "with schema 2: ",
		string(unhex(t, byGUID[2].header)):                   "schema 3 is of type JSON, and value.decode is for those of type PROTOBUF",
	} {
		is := is.New(t)
		header := recordbatch.Header{Key: valueHeader, Value: []byte(value)}
		c := DecodeConfig{ValueDecode: decodeProtobuf, DecodeOnError: onErrorFail, Schemas: guids(t, true)}
		_, err := decodeValue(t, c, "\x08", header)
		expect.Error(t, err, "record at offset 41 of partition 0 of topic orders: decode the value: ", want)
		c.DecodeOnError = onErrorRaw
		got, err := decodeValue(t, c, "\x08", header)
		is.NoErr(err)
		is.Equal(got.Payload.After, opencdc.RawData("\x08"))
	}
}

// A header that names the schema of other bytes would lead readers astray.
func TestHeadersThatNameASchemaGoWithTheirBytesAlone(t *testing.T) {
	header := recordbatch.Header{Key: valueHeader, Value: unhex(t, byGUID[0].header)}
	other := recordbatch.Header{Key: "__other", Value: []byte("x")}
	for name, c := range map[string]struct {
		decode  string
		data    string
		formats map[string]string
		kept    bool
	}{
		"bytes as they are":            {decodeNone, "\x0e", map[string]string{"value.format": formatPayload}, true},
		"what could not be decoded":    {decodeAvro, "\x8e", map[string]string{"value.format": formatPayload}, true},
		"what was decoded":             {decodeAvro, "\x0e", map[string]string{"value.format": formatPayload}, false},
		"what is encoded with another": {decodeNone, `"x"`, map[string]string{"value.format": formatAvro}, false},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r, err := decodeValue(t, DecodeConfig{ValueDecode: c.decode, DecodeOnError: onErrorRaw, Schemas: guids(t, true)}, c.data, header, other)
			is.NoErr(err)
			config := configOf(t, c.formats)
			h, err := newHeadersFromMetadata(config)
			is.NoErr(err)
			got, err := h.append(nil, &r, 0)
			is.NoErr(err)
			is.Equal(slices.ContainsFunc(got, namesSchema), c.kept)
			is.True(slices.ContainsFunc(got, func(h recordbatch.Header) bool { return h.Key == "__other" }))
		})
	}
}
