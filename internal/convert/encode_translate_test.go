package convert

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/conduitio/conduit-connector-kafka/internal/registry"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// translating returns what makes messages of topic orders, from one registry to another.
func translating(t testing.TB, from, to *srfake.Registry, settings map[string]string) *Messages {
	t.Helper()
	c := configOf(t, settings)
	c.Topic, c.Registry = "orders", clientOf(t, to)
	c.Translator = registry.NewTranslation(clientOf(t, from), clientOf(t, to), c.SchemaAutoRegister)
	m, err := NewMessages(c)
	is.New(t).NoErr(err)
	return m
}

// otherRegistry starts a registry in which IDs differ from those of the cases.
func otherRegistry(t testing.TB) *srfake.Registry {
	t.Helper()
	r := srfake.New()
	t.Cleanup(r.Close)
	r.SeedSchema("filler", 1, 4000, sr.Schema{Schema: `"string"`})
	return r
}

var reregistering = map[string]string{"value.format": formatSchemaID, "keyFormat": formatSchemaID, "schema.autoRegister": "true"}

// Each byte after the ID stays, and the schema in the other registry has the same text, also
// where it refers to others.
func TestTranslatesIDsToAnotherRegistry(t *testing.T) {
	for _, typ := range []string{"AVRO", "PROTOBUF", "JSON"} {
		for name, c := range confluent(t, typ) {
			t.Run(typ+": "+name, func(t *testing.T) {
				is := is.New(t)
				from, to := c.schemas(t), otherRegistry(t)
				data := bytes.Clone(c.Data)
				got, err := encodeOne(t, translating(t, from, to, reregistering), opencdc.RawData(data))
				is.NoErr(err)
				is.Equal(data, c.Data) // the record is not changed
				for subject, b := range map[string][]byte{"orders-value": got.Value, "orders-key": got.Key} {
					is.Equal(b[framingSize:], c.Data[framingSize:])
					was, err := clientOf(t, from).Schema(context.Background(), schemaID(c.Data))
					is.NoErr(err)
					now, err := clientOf(t, to).Latest(context.Background(), subject)
					is.NoErr(err)
					is.Equal(now.ID, schemaID(b))
					is.True(now.ID != was.ID)
					is.Equal(now.Text, was.Text)
					is.Equal(now.Type, was.Type)
					is.Equal(now.References, was.References)
				}
				want, err := decodeOne(t, DecodeConfig{ValueDecode: decodeAuto, Schemas: clientOf(t, from)}, c.Data)
				is.NoErr(err)
				read, err := decodeOne(t, DecodeConfig{ValueDecode: decodeAuto, Schemas: clientOf(t, to)}, got.Value)
				is.NoErr(err)
				is.Equal(read.Payload.After, want.Payload.After)
			})
		}
	}
}

func TestASchemaIsTranslatedOnce(t *testing.T) {
	is := is.New(t)
	from, to := srfake.New(), otherRegistry(t)
	defer from.Close()
	from.SeedSchema("orders-value", 1, 7, sr.Schema{Schema: `"long"`})
	var asked atomic.Int64
	to.Intercept(func(http.ResponseWriter, *http.Request) bool { asked.Add(1); return false })
	m := translating(t, from, to, map[string]string{"value.format": formatSchemaID, "schema.autoRegister": "true"})
	for range 3 {
		got, err := encodeOne(t, m, opencdc.RawData("\x00\x00\x00\x00\x07\x02"))
		is.NoErr(err)
		is.Equal(got.Key, []byte("\x00\x00\x00\x00\x07\x02")) // only the value has the format
	}
	is.Equal(asked.Load(), int64(1))
}

func TestWhatCannotBeTranslatedIsAnErrorOfTheRecord(t *testing.T) {
	from, to := srfake.New(), otherRegistry(t)
	defer from.Close()
	from.SeedSchema("orders-value", 1, 7, sr.Schema{Schema: `"long"`})
	m := translating(t, from, to, map[string]string{"value.format": formatSchemaID})
	for _, c := range []struct {
		data opencdc.Data
		want string
	}{
		{opencdc.RawData("text"), "it does not begin with a zero byte and the ID of a schema"},
		{opencdc.StructuredData{"id": 1}, "value.format schema-id takes bytes as they lay in Kafka, and this is structured data: leave value.decode of the source out"},
		{opencdc.RawData(binary.BigEndian.AppendUint32([]byte{0}, 8)), "in the registry of the source: find schema 8"},
		{opencdc.RawData(binary.BigEndian.AppendUint32([]byte{0}, 7)), "schema.autoRegister registers it"},
	} {
		t.Run(fmt.Sprintf("%v", c.data), func(t *testing.T) {
			_, err := encodeOne(t, m, c.data)
			expect.Error(t, err, "encode the value", c.want)
		})
	}
	got, err := encodeOne(t, m, nil)
	is.New(t).NoErr(err)
	is.New(t).True(got.Value == nil)
	named := opencdc.Record{Metadata: opencdc.Metadata{MetadataHeaderPrefix + valueFields.header: "x"}, Operation: opencdc.OperationCreate, Payload: opencdc.Change{After: opencdc.RawData("\x00\x00\x00\x00\x07\x02")}}
	_, err = m.Convert(context.Background(), []opencdc.Record{named})
	expect.Error(t, err, "named in the header __value_schema_id")
}

// A registry that is away for a moment holds up the records.
func TestAnOutageOfEitherRegistryHoldsUpTranslation(t *testing.T) {
	for _, side := range []string{"source", "destination"} {
		t.Run(side, func(t *testing.T) {
			is := is.New(t)
			from, to := srfake.New(), otherRegistry(t)
			defer from.Close()
			from.SeedSchema("orders-value", 1, 7, sr.Schema{Schema: `"long"`})
			var left atomic.Int64
			left.Store(1)
			away := map[string]*srfake.Registry{"source": from, "destination": to}[side]
			away.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
				if left.Add(-1) < 0 {
					return false
				}
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			})
			m := translating(t, from, to, map[string]string{"value.format": formatSchemaID, "schema.autoRegister": "true"})
			got, err := encodeOne(t, m, opencdc.RawData("\x00\x00\x00\x00\x07\x02"))
			is.NoErr(err)
			is.True(schemaID(got.Value) > 4000)

			left.Store(1 << 30)
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			m = translating(t, from, to, map[string]string{"value.format": formatSchemaID, "schema.autoRegister": "true"})
			_, err = m.Convert(ctx, []opencdc.Record{{Operation: opencdc.OperationCreate, Payload: opencdc.Change{After: opencdc.RawData("\x00\x00\x00\x00\x07\x02")}}})
			is.True(err != nil)
		})
	}
}

func TestMistakesInTranslation(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]string
		want     []string
	}{
		"no registries": {map[string]string{"value.format": formatSchemaID}, []string{"schemaRegistry.urls: it is required with value.format schema-id", "schemaRegistry.source.urls: it is required with value.format schema-id"}},
		"a schema":      {map[string]string{"keyFormat": formatSchemaID, "keySchema": "7", "schema.subject": "record"}, []string{"keySchema: it is for the formats", "schema.subject: record is not for keyFormat schema-id"}},
	} {
		t.Run(name, func(t *testing.T) { expect.Error(t, configOf(t, c.settings).Validate(), c.want...) })
	}
}
