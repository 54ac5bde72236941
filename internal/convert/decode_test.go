package convert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/test/conduit"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// decoding returns records that are decoded as the settings say.
func decoding(t *testing.T, c DecodeConfig) *Records {
	t.Helper()
	if c.KeyDecode == "" {
		c.KeyDecode = decodeNone
	}
	if c.ValueDecode == "" {
		c.ValueDecode = decodeNone
	}
	if c.DecodeOnError == "" {
		c.DecodeOnError = onErrorFail
	}
	d, err := NewDecoding(c)
	is.New(t).NoErr(err)
	m := newRecords()
	m.Decode(d)
	return m
}

// values is a batch of records with these values, of topic orders, partition 3.
func values(values ...string) message.Batch {
	b := message.Batch{Topic: "orders", Partition: 3}
	for i, v := range values {
		b.Records = append(b.Records, recordbatch.Record{Offset: int64(40 + i), Key: []byte("k"), Value: []byte(v)})
	}
	return b
}

func TestDecodesKeysAndValues(t *testing.T) {
	is := is.New(t)
	m := decoding(t, DecodeConfig{KeyDecode: decodeJSON, ValueDecode: decodeConnectJSON})
	b := message.Batch{Topic: "orders", Records: []recordbatch.Record{
		{Key: []byte(`{"id":9007199254740993}`), Value: []byte(`{"schema":{"type":"struct","fields":[{"field":"n","type":"int32"}]},"payload":{"n":1}}`)},
		{Key: []byte(`"seven"`), Value: []byte(`{"schema":null,"payload":null}`)},
		{},
	}}
	got, _, err := m.AppendDecoded(context.Background(), nil, b, time.Now(), math.MaxInt)
	is.NoErr(err)
	is.Equal(got[0].Key, opencdc.StructuredData{"id": int64(9007199254740993)})
	is.Equal(got[0].Payload.After, opencdc.StructuredData{"n": int64(1)})
	is.Equal(got[1].Key, opencdc.RawData("seven"))
	is.Equal(got[1].Payload.After, nil)
	for _, null := range []opencdc.Data{got[2].Key, got[2].Payload.After} { // as without decoding
		raw, ok := null.(opencdc.RawData)
		is.True(ok && raw == nil)
	}
}

func TestATombstoneIsNotDecoded(t *testing.T) {
	is := is.New(t)
	m := decoding(t, DecodeConfig{ValueDecode: decodeJSON})
	m.tombstones = true
	b := message.Batch{Topic: "t", Records: []recordbatch.Record{{Key: []byte("k")}}}
	got, _, err := m.AppendDecoded(context.Background(), nil, b, time.Now(), math.MaxInt)
	is.NoErr(err)
	is.Equal(got[0].Operation, opencdc.OperationDelete)
	is.Equal(got[0].Payload, opencdc.Change{})
}

func TestARecordThatCannotBeDecodedIsNamed(t *testing.T) {
	is := is.New(t)
	m := decoding(t, DecodeConfig{ValueDecode: decodeJSON})
	got, _, err := m.AppendDecoded(context.Background(), nil, values(`{}`, `{"a":`, `{}`), time.Now(), math.MaxInt)
	is.Equal(len(got), 1) // those before it are there
	expect.Error(t, err, "record at offset 41 of partition 3 of topic orders: decode the value: it is not JSON", "decode.onError")
	var of *DecodeError
	is.True(errors.As(err, &of))
	is.Equal(of.Offset, int64(41))

	m = decoding(t, DecodeConfig{KeyDecode: decodeJSON})
	_, _, err = m.AppendDecoded(context.Background(), nil, values(`{}`), time.Now(), math.MaxInt)
	expect.Error(t, err, "offset 40", "decode the key: it is not JSON")
}

func TestWhatCannotBeDecodedMayStayRaw(t *testing.T) {
	is := is.New(t)
	m := decoding(t, DecodeConfig{KeyDecode: decodeJSON, ValueDecode: decodeJSON, DecodeOnError: onErrorRaw})
	got, _, err := m.AppendDecoded(context.Background(), nil, values("\xff"+strings.Repeat("x", 1000), `{"a":1}`), time.Now(), math.MaxInt)
	is.NoErr(err)
	is.Equal(got[0].Key, opencdc.RawData("k"))
	is.Equal(len(got[0].Payload.After.Bytes()), 1001)
	expect.Text(t, got[0].Metadata[MetadataKeyDecodeError], "it is not JSON")
	expect.Text(t, got[0].Metadata[MetadataValueDecodeError], "it is not JSON")
	is.Equal(got[1].Payload.After, opencdc.StructuredData{"a": int64(1)})
	_, noted := got[1].Metadata[MetadataValueDecodeError]
	is.True(!noted)
	_, err = conduit.EncodedSize(got...) // and the protocol takes the reason
	is.NoErr(err)
}

// What was decoded counts, which may be much more than the bytes.
func TestDecodedRecordsFitIntoTheRoom(t *testing.T) {
	is := is.New(t)
	m := decoding(t, DecodeConfig{ValueDecode: decodeJSON})
	small := `[` + strings.Repeat(`{},`, 300) + `{}]`
	b := values(strings.Repeat(`{"list":`+small+`}|`, 20))
	b = values(strings.Split(strings.TrimSuffix(string(b.Records[0].Value), "|"), "|")...)
	const room = 4000
	got, left, err := m.AppendDecoded(context.Background(), nil, b, time.Now(), room)
	is.NoErr(err)
	is.True(len(got) >= 1 && len(got) < 20)
	is.Equal(left, 0)
	encoded, err := conduit.EncodedSize(got...)
	is.NoErr(err)
	is.True(encoded <= room)
	one, _, err := m.AppendDecoded(context.Background(), nil, b, time.Now(), 1)
	is.NoErr(err)
	is.Equal(len(one), 1) // the first, whatever its size
}

func TestStructuredRecordsAreNotLargerThanTheirSize(t *testing.T) {
	for _, v := range []map[string]any{
		nil, {}, {"a": nil}, {"a": true, "b": int64(1), "c": 1.5, "d": "text", "e": []byte("bytes"), "f": json.Number("0.30000000000000004")},
		{"list": []any{int64(1), "x", nil, []any{}, map[string]any{"deep": []any{map[string]any{"x": strings.Repeat("x", 200)}}}}},
		{strings.Repeat("k", 300): strings.Repeat("é", 70_000)},
	} {
		t.Run(fmt.Sprint(len(v)), func(t *testing.T) {
			r := opencdc.Record{Key: opencdc.StructuredData(v), Payload: opencdc.Change{After: opencdc.StructuredData(v)}}
			encoded, err := conduit.EncodedSize(r)
			is.New(t).NoErr(err)
			if size := SizeOf(&r); size < encoded || size > encoded+250 {
				t.Fatalf("%d bytes count as %d", encoded, size)
			}
		})
	}
}

func TestMistakesInDecoding(t *testing.T) {
	err := DecodeConfig{KeyDecode: "xml", ValueDecode: "JSON", DecodeOnError: "skip"}.Validate()
	expect.Error(t, err, `key.decode: "xml" is not allowed: none, json, connect-json, avro, protobuf, json-schema, auto`, `value.decode: "JSON" is not allowed: it is written json`, `decode.onError: "skip" is not allowed: fail or raw`)
}
