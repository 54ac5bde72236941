package convert

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// encoding returns what makes messages of topic orders, with schemas of a registry.
func encoding(t testing.TB, r *srfake.Registry, settings map[string]string) *Messages {
	t.Helper()
	c := configOf(t, settings)
	c.Topic = "orders"
	if r != nil {
		c.Registry = clientOf(t, r)
	}
	m, err := NewMessages(c)
	is.New(t).NoErr(err)
	return m
}

// encodeOne makes a message of a record with this key and this payload.
func encodeOne(t testing.TB, m *Messages, data opencdc.Data) (message.Message, error) {
	t.Helper()
	batch, err := m.Convert(context.Background(), []opencdc.Record{{Operation: opencdc.OperationCreate, Key: data, Payload: opencdc.Change{After: data}}})
	if err != nil {
		return message.Message{}, err
	}
	return batch.Messages[0], nil
}

// What is decoded and encoded again is what Confluent's serializer wrote, byte for byte.
func TestEncodesAsConfluentsSerializersDo(t *testing.T) {
	messages := map[string]string{ // of Protobuf
		"order": "shop.Order", "order, empty": "Order", "second message": "Header", "the other message is not the first": "Order", "nested message": "Order.Line",
		"message nested twice": "Customer.Address.Location", "first message": "",
	}
	for typ, format := range map[string]string{"AVRO": formatAvro, "PROTOBUF": formatProtobuf} {
		for name, c := range confluent(t, typ) {
			for _, schema := range []string{schemaLatest, "its ID"} {
				t.Run(name+" with "+schema, func(t *testing.T) {
					is := is.New(t)
					r := c.schemas(t)
					decoded, err := decodeOne(t, DecodeConfig{ValueDecode: decodeAuto, Schemas: clientOf(t, r)}, c.Data)
					is.NoErr(err)
					settings := map[string]string{"value.format": format, "value.message": messages[name]}
					if schema != schemaLatest {
						settings["value.schema"] = decoded.Metadata[MetadataValueSchemaID]
					}
					got, err := encodeOne(t, encoding(t, r, settings), decoded.Payload.After)
					is.NoErr(err)
					if name == "order" { // whose maps are in no order that they share
						again, err := decodeOne(t, DecodeConfig{ValueDecode: decodeAuto, Schemas: clientOf(t, r)}, got.Value)
						is.NoErr(err)
						is.Equal(again.Payload, decoded.Payload)
						is.Equal(len(got.Value), len(c.Data))
						return
					}
					is.Equal(got.Value, c.Data)
				})
			}
		}
	}
}

func TestEncodesJSONThatFitsItsSchema(t *testing.T) {
	is := is.New(t)
	c := confluent(t, "JSON")["object"]
	m := encoding(t, c.schemas(t), map[string]string{"value.format": formatJSONSchema})
	got, err := encodeOne(t, m, opencdc.StructuredData{"id": 1<<53 + 1, "note": "é"})
	is.NoErr(err)
	is.Equal(string(got.Value), "\x00\x00\x00\x00\x01"+`{"id":9007199254740993,"note":"é"}`)
	got, err = encodeOne(t, m, opencdc.RawData(`{"note": "x", "id": 1}`))
	is.NoErr(err)
	is.Equal(string(got.Value[5:]), `{"note":"x","id":1}`)
	_, err = encodeOne(t, m, opencdc.StructuredData{"id": "x"})
	expect.Error(t, err, "encode the value: field id: got string, want integer")
	_, err = encodeOne(t, m, opencdc.RawData("{"))
	expect.Error(t, err, "raw data must be JSON")
}

func TestEncodesAsJsonConverterDoes(t *testing.T) {
	is := is.New(t)
	m := encoding(t, nil, map[string]string{"value.format": formatConnectJSON, "keyFormat": formatConnectJSON})
	got, err := encodeOne(t, m, opencdc.StructuredData{"id": int64(1<<53 + 1), "note": "é", "paid": true})
	is.NoErr(err)
	for _, b := range [][]byte{got.Key, got.Value} {
		back, err := decodeOne(t, DecodeConfig{ValueDecode: decodeConnectJSON}, b)
		is.NoErr(err)
		is.Equal(back.Payload.After, opencdc.StructuredData{"id": int64(1<<53 + 1), "note": "é", "paid": true})
	}
}

func TestNullAndDeletesStayNull(t *testing.T) {
	c := confluent(t, "AVRO")["primitives"]
	r := c.schemas(t)
	for _, format := range []string{formatConnectJSON, formatAvro} {
		is := is.New(t)
		m := encoding(t, r, map[string]string{"value.format": format, "keyFormat": format})
		for _, null := range []opencdc.Data{nil, opencdc.RawData(nil), opencdc.StructuredData(nil)} {
			got, err := encodeOne(t, m, null)
			is.NoErr(err)
			is.True(got.Key == nil && got.Value == nil)
		}
		batch, err := m.Convert(context.Background(), []opencdc.Record{{Operation: opencdc.OperationDelete, Payload: opencdc.Change{After: opencdc.StructuredData{"x": 1}}}})
		is.NoErr(err)
		is.True(batch.Messages[0].Value == nil)
	}
}

func TestKeysThatAreNoObjects(t *testing.T) {
	is := is.New(t)
	r := srfake.New()
	defer r.Close()
	r.SeedSchema("orders-key", 1, 7, sr.Schema{Schema: `"string"`})
	got, err := encodeOne(t, encoding(t, r, map[string]string{"keyFormat": formatAvro, "value.format": "payload"}), opencdc.RawData("k7"))
	is.NoErr(err)
	is.Equal(string(got.Key), "\x00\x00\x00\x00\x07\x04k7")
	is.Equal(string(got.Value), "k7")
	got, err = encodeOne(t, encoding(t, r, map[string]string{"keyFormat": formatAvro, "key": `x-{{ index .Metadata "none" }}`}), nil)
	is.NoErr(err)
	is.Equal(string(got.Key), "\x00\x00\x00\x00\x07\x04x-")
}

const orderSchema = `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"}]}`

func schemaFile(t testing.TB, text string) string {
	t.Helper()
	return schemaFiles(t, "schema", text)
}

func TestSchemasOfFilesAreRegisteredUnderTheirSubject(t *testing.T) {
	for strategy, subject := range map[string]string{subjectTopic: "orders-value", subjectRecord: "shop.Order", subjectTopicRecord: "orders-shop.Order"} {
		t.Run(strategy, func(t *testing.T) {
			is := is.New(t)
			r := srfake.New()
			defer r.Close()
			settings := map[string]string{"value.format": formatAvro, "value.schema": schemaFile(t, orderSchema), "schema.subject": strategy}
			_, err := encodeOne(t, encoding(t, r, settings), opencdc.StructuredData{"id": 1})
			expect.Error(t, err, fmt.Sprintf("find the schema under subject %q", subject), "schema.autoRegister registers it")
			is.True(!r.SubjectExists(subject))

			settings["schema.autoRegister"] = "true"
			got, err := encodeOne(t, encoding(t, r, settings), opencdc.StructuredData{"id": 1})
			is.NoErr(err)
			registered, ok := r.GetSchema(subject, 1)
			is.True(ok)
			is.Equal(schemaID(got.Value), registered.ID)

			settings["schema.autoRegister"] = "false"
			got, err = encodeOne(t, encoding(t, r, settings), opencdc.StructuredData{"id": 1})
			is.NoErr(err)
			is.Equal(schemaID(got.Value), registered.ID)
		})
	}
}

func TestWhatTheRegistrySaysIsInTheErrorOfTheRecord(t *testing.T) {
	is := is.New(t)
	r := srfake.New()
	defer r.Close()
	var asked atomic.Int64
	r.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		asked.Add(1)
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"error_code":409,"message":"reader's field id has no default"}`))
		return true
	})
	m := encoding(t, r, map[string]string{"value.format": formatAvro, "value.schema": schemaFile(t, orderSchema), "schema.autoRegister": "true"})
	for range 3 {
		_, err := encodeOne(t, m, opencdc.StructuredData{"id": 1})
		expect.Error(t, err, `encode the value: register the schema under subject "orders-value": the schema registry refuses it: reader's field id has no default`)
	}
	is.Equal(asked.Load(), int64(1)) // it is believed for a moment
}

func TestTheLatestSchemaIsLookedForAgain(t *testing.T) {
	is := is.New(t)
	r := srfake.New()
	defer r.Close()
	r.SeedSchema("orders-value", 1, 7, sr.Schema{Schema: orderSchema})
	m := encoding(t, r, map[string]string{"value.format": formatAvro})
	e := m.makers[0].encodeValue.(*registryEncoder)
	id := func() int {
		got, err := encodeOne(t, m, opencdc.StructuredData{"id": 1})
		is.NoErr(err)
		return schemaID(got.Value)
	}
	is.Equal(id(), 7)
	r.SeedSchema("orders-value", 2, 8, sr.Schema{Schema: `{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"n","type":"int","default":0}]}`})
	is.Equal(id(), 7)
	e.writers["orders"].until = time.Now() // the minute is over
	is.Equal(id(), 8)
	r.Intercept(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusBadGateway); return true })
	e.writers["orders"].until = time.Now()
	is.Equal(id(), 8) // an outage is none of what is known
}

func TestAnOutageOfTheRegistryHoldsUpEncoding(t *testing.T) {
	is := is.New(t)
	c := confluent(t, "AVRO")["a long alone"]
	r := c.schemas(t)
	var asked atomic.Int64
	r.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if asked.Add(1) > 2 {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	got, err := encodeOne(t, encoding(t, r, map[string]string{"value.format": formatAvro}), opencdc.RawData("9007199254740993"))
	is.NoErr(err)
	is.Equal(got.Value, c.Data)

	r.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	asked.Store(0)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = encoding(t, r, map[string]string{"value.format": formatAvro}).Convert(ctx, []opencdc.Record{{Payload: opencdc.Change{After: opencdc.RawData("1")}}})
	is.True(errors.Is(err, context.Canceled)) // and ends with the context
}

func TestARecordThatDoesNotFitItsSchemaNamesTheField(t *testing.T) {
	r := srfake.New()
	defer r.Close()
	r.SeedSchema("orders-value", 1, 7, sr.Schema{Schema: orderSchema})
	m := encoding(t, r, map[string]string{"value.format": formatAvro})
	for want, data := range map[string]opencdc.Data{
		"field id: it is a text":    opencdc.StructuredData{"id": "x"},
		"field id is missing":       opencdc.StructuredData{},
		"field more is not in":      opencdc.StructuredData{"id": 1, "more": 2},
		"raw data must be JSON: it": opencdc.RawData("\xff"),
		"the data is a list":        opencdc.RawData("[]"),
	} {
		_, err := encodeOne(t, m, data)
		expect.Error(t, err, "record 0 of the batch", "encode the value: ", want)
	}
	wrong := encoding(t, r, map[string]string{"value.format": formatProtobuf})
	_, err := encodeOne(t, wrong, opencdc.StructuredData{})
	expect.Error(t, err, "schema 7 is of type AVRO, and value.format is protobuf")
	_, err = encodeOne(t, encoding(t, r, map[string]string{"keyFormat": formatAvro}), opencdc.StructuredData{})
	expect.Error(t, err, `encode the key: find the latest schema of subject "orders-key": the schema registry does not have it`)
}

func TestMistakesInEncoding(t *testing.T) {
	r := srfake.New()
	defer r.Close()
	for name, c := range map[string]struct {
		settings map[string]string
		want     []string
	}{
		"no format":        {map[string]string{"keyFormat": "xml", "value.format": "xml"}, []string{`keyFormat: "xml" is not allowed: none, connect-json, avro`, `value.format: "xml" is not allowed: record, payload, connect-json, avro`}},
		"no subject":       {map[string]string{"schema.subject": "all"}, []string{`schema.subject: "all" is not allowed: topic, record or topic-record`}},
		"no record":        {map[string]string{"value.format": formatAvro, "schema.subject": "record"}, []string{"schema.subject: record needs the name of a record, which value.schema latest does not have"}},
		"no ID":            {map[string]string{"value.format": formatAvro, "value.schema": "0"}, []string{"value.schema: 0 is not the ID of a schema"}},
		"no file":          {map[string]string{"value.format": formatAvro, "value.schema": "/nowhere/order.avsc"}, []string{"value.schema: it is neither latest nor the ID of a schema, and the file can't be read"}},
		"no schema":        {map[string]string{"value.format": formatAvro, "value.schema": schemaFile(t, "{")}, []string{"value.schema: ", "schema: parse the schema"}},
		"no name":          {map[string]string{"value.format": formatAvro, "value.schema": schemaFile(t, `"string"`), "schema.subject": "record"}, []string{"value.schema: with the file ", "it has no name of a record"}},
		"no use":           {map[string]string{"value.format": "payload", "value.schema": "7", "keyMessage": "M"}, []string{"value.schema: it is for the formats avro, protobuf and json-schema", "keyMessage: it is for the format protobuf"}},
		"a message":        {map[string]string{"value.format": formatAvro, "value.message": "M"}, []string{"value.message: it is for the format protobuf"}},
		"nothing to add":   {map[string]string{"value.format": formatAvro, "value.schema": strconv.Itoa(7), "schema.autoRegister": "true"}, []string{"schema.autoRegister: it registers schemas for the formats"}},
		"whole records":    {map[string]string{"value.format": formatAvro, "sdk.record.format": "debezium/json"}, []string{"sdk.record.format: \"debezium/json\" formats whole records, but value.format is avro"}},
		"no such message":  {map[string]string{"value.format": formatProtobuf, "value.schema": schemaFile(t, `syntax = "proto3"; message M {}`), "value.message": "N"}, []string{"value.schema: with the file ", `the schema has no message "N"`}},
		"without registry": {map[string]string{"keyFormat": formatAvro}, []string{"schemaRegistry.urls: it is required with keyFormat avro"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := configOf(t, c.settings)
			if name != "without registry" {
				config.Registry = clientOf(t, r)
			}
			expect.Error(t, config.Validate(), c.want...)
		})
	}
}
