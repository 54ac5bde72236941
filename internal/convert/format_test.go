package convert

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/lang"
	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/opencdcjson"
)

// formatOf is the part of a destination's configuration about the format.
func formatOf(t *testing.T, format, options string) sdk.DestinationWithRecordFormat {
	t.Helper()
	c := configOf(t, map[string]string{"sdk.record.format.options": options})
	if format != "" {
		c.RecordFormat = &format
	}
	return c.DestinationWithRecordFormat
}

// keyOf makes keys of records as a destination with this format does.
func keyOf(t *testing.T, format *string) keyFunc {
	t.Helper()
	var c Config
	c.RecordFormat = format
	key, err := newKeyFunc(c)
	is.New(t).NoErr(err)
	return key
}

// records of all shapes. No map has two keys, as the order in a schema of them
// is not defined.
var shapes = map[string]opencdc.Record{
	"raw": {
		Position: opencdc.Position("p"), Operation: opencdc.OperationCreate, Metadata: opencdc.Metadata{"opencdc.readAt": "1700000000123000000"},
		Key: opencdc.RawData("k"), Payload: opencdc.Change{After: opencdc.RawData("not JSON \xff")},
	},
	"raw JSON":   {Operation: opencdc.OperationSnapshot, Key: opencdc.RawData(`{"id":1}`), Payload: opencdc.Change{After: opencdc.RawData(`{"a":{"b":[1,2]}}`)}},
	"structured": {Operation: opencdc.OperationUpdate, Payload: opencdc.Change{Before: opencdc.StructuredData{"n": 1}, After: opencdc.StructuredData{"n": "<&>"}}},
	"delete":     {Operation: opencdc.OperationDelete, Key: opencdc.StructuredData{"id": 1}, Payload: opencdc.Change{Before: opencdc.StructuredData{"n": 1}}},
	"null value": {Operation: opencdc.OperationCreate, Key: opencdc.RawData(nil), Payload: opencdc.Change{After: opencdc.RawData(nil)}},
	"nothing":    {},
}

func TestTheValueIsWhatTheSDKMakesOfTheRecord(t *testing.T) {
	debezium, err := sdk.GenericRecordSerializer{Converter: sdk.DebeziumConverter{}, Encoder: sdk.JSONEncoder{}}.Configure("debezium.schema.name=s")
	is.New(t).NoErr(err)
	opencdcJSON := sdk.GenericRecordSerializer{Converter: sdk.OpenCDCConverter{}, Encoder: sdk.JSONEncoder{}}
	for name, c := range map[string]struct {
		given sdk.DestinationWithRecordFormat
		same  opencdc.RecordSerializer
	}{
		"format not set": {sdk.DestinationWithRecordFormat{}, opencdcJSON},
		"default format": {formatOf(t, "", ""), opencdcJSON},
		"opencdc/json":   {formatOf(t, "opencdc/json", ""), opencdcJSON},
		"debezium/json":  {formatOf(t, "debezium/json", "debezium.schema.name=s"), debezium},
	} {
		for shape, record := range shapes {
			t.Run(name+" of "+shape, func(t *testing.T) {
				is := is.New(t)
				value, err := newRecordFunc(c.given, new(opencdcjson.Encoder))
				is.NoErr(err)
				got, _, err := value(&record)
				is.NoErr(err)
				want := record
				want.SetSerializer(c.same)
				is.Equal(string(got), string(want.Bytes()))
				is.True(json.Valid(got))
			})
		}
	}
}

func TestTheValueIsMadeByATemplate(t *testing.T) {
	is := is.New(t)
	value, err := newRecordFunc(formatOf(t, "template", `{{ .Operation }}: {{ .Payload.After.n | upper }}`), nil)
	is.NoErr(err)
	record := func(data opencdc.Data) *opencdc.Record {
		return &opencdc.Record{Operation: opencdc.OperationCreate, Payload: opencdc.Change{After: data}}
	}
	first, _, err := value(record(opencdc.StructuredData{"n": "one"}))
	is.NoErr(err)
	for _, unfit := range []opencdc.Data{opencdc.StructuredData{"m": "x"}, opencdc.RawData("x"), nil} {
		got, _, err := value(record(unfit))
		is.True(err != nil) // Record.Bytes would fall back to JSON
		is.True(strings.HasPrefix(err.Error(), "serialize the record as template: "))
		is.Equal(got, nil)
	}
	second, _, err := value(record(opencdc.StructuredData{"n": "two"}))
	is.NoErr(err)
	is.Equal(string(first), "create: ONE") // not overwritten
	is.Equal(string(second), "create: TWO")
}

func TestARecordThatJSONCanNotExpressIsAnError(t *testing.T) {
	is := is.New(t)
	unfit := &opencdc.Record{Key: opencdc.StructuredData{"n": math.NaN()}, Payload: opencdc.Change{After: opencdc.StructuredData{"n": math.Inf(1)}}}
	for _, format := range []string{"opencdc/json", "debezium/json"} {
		value, err := newRecordFunc(formatOf(t, format, ""), new(opencdcjson.Encoder))
		is.NoErr(err)
		_, _, err = value(unfit)
		is.True(err != nil)
		is.True(strings.HasPrefix(err.Error(), "serialize the record as "+format+": "))
		_, err = keyOf(t, &format)(unfit)
		is.True(err != nil)
		is.True(strings.HasPrefix(err.Error(), "serialize the key as "))
	}
}

func TestTheKeyIsSentAsItIs(t *testing.T) {
	for _, format := range []*string{nil, lang.Ptr("opencdc/json"), lang.Ptr("template"), lang.Ptr("debeziumlike/json")} {
		for name, c := range map[string]struct {
			given opencdc.Data
			want  []byte
		}{
			"no key":       {nil, nil},
			"null":         {opencdc.RawData(nil), nil},
			"empty":        {opencdc.RawData{}, []byte{}},
			"raw":          {opencdc.RawData("k\xff"), []byte("k\xff")},
			"raw JSON":     {opencdc.RawData(`{ "id": 1 }`), []byte(`{ "id": 1 }`)},
			"structured":   {opencdc.StructuredData{"b": 2, "a": map[string]any{"c": nil}}, []byte(`{"a":{"c":null},"b":2}`)},
			"empty struct": {opencdc.StructuredData{}, []byte("{}")},
		} {
			t.Run(name, func(t *testing.T) {
				is := is.New(t)
				got, err := keyOf(t, format)(&opencdc.Record{Key: c.given})
				is.NoErr(err)
				is.Equal(string(got), string(c.want))
				is.Equal(got == nil, c.want == nil) // null and empty are different
			})
		}
	}
}

func TestDebeziumKeysHaveKafkaConnectsEnvelope(t *testing.T) {
	const bytes = `{"schema":{"type":"bytes","optional":true},"payload":`
	const fields = `{"schema":{"type":"struct","optional":true,"fields":[{"type":"%","field":"id"}]},"payload":{"id":1}}`
	for name, c := range map[string]struct {
		given opencdc.Data
		want  string
	}{
		"no key":                {nil, `{"schema":{"type":"struct","optional":true},"payload":null}`},
		"structured":            {opencdc.StructuredData{"id": int64(1)}, strings.Replace(fields, "%", "int64", 1)},
		"raw JSON object":       {opencdc.RawData(` { "id": 1 } `), strings.Replace(fields, "%", "double", 1)},
		"raw JSON empty object": {opencdc.RawData(`{}`), `{"schema":{"type":"struct","optional":true},"payload":{}}`},
		"raw JSON list":         {opencdc.RawData(`[1]`), bytes + `"WzFd"}`},
		"raw JSON null":         {opencdc.RawData(`null`), bytes + `"bnVsbA=="}`},
		"raw JSON number":       {opencdc.RawData(`1`), bytes + `"MQ=="}`},
		"raw, two objects":      {opencdc.RawData(`{}{}`), bytes + `"e317fQ=="}`},
		"raw":                   {opencdc.RawData("raw"), bytes + `"cmF3"}`},
		"empty":                 {opencdc.RawData{}, bytes + `""}`},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			record := opencdc.Record{Key: c.given}
			got, err := keyOf(t, lang.Ptr("debezium/json"))(&record)
			is.NoErr(err)
			is.Equal(string(got), c.want)
			is.Equal(record.Key, c.given) // the record is as it was
		})
	}
}
