package convert

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// shopCustomer is a message of testdata/confluent/customer.proto.
func shopCustomer(name string) map[string]any {
	return map[string]any{"name": name, "country": "COUNTRY_A", "addresses": []any{map[string]any{"street": "s", "location": map[string]any{"lat": 1.5, "lon": 0.0}}}}
}

// shopOrder is one of order.proto without what is set.
func shopOrder(set map[string]any) opencdc.StructuredData {
	order := opencdc.StructuredData{
		"id": int64(0), "serial": int64(0), "delta": int64(0), "mark": int64(0), "rate": 0.0, "total": 0.0, "paid": false, "data": []byte{}, "customer": nil,
		"counts": []any{}, "stock": map[string]any{}, "by_number": map[string]any{}, "card": nil, "voucher": nil, "placed_at": nil, "took": nil, "note": nil,
		"limit": nil, "extra": nil, "nickname": nil, "rank": nil, "countries": []any{}, "lines": []any{},
	}
	for name, v := range set {
		order[name] = v
	}
	return order
}

func TestDecodesWhatConfluentsProtobufSerializerWrites(t *testing.T) {
	want := map[string]opencdc.StructuredData{
		"order": shopOrder(map[string]any{
			"id": int64(-1<<53 - 1), "serial": json.Number("18446744073709551615"), "delta": int64(-3), "mark": json.Number("9223372036854775808"), "rate": 0.1,
			"total": "Infinity", "paid": true, "data": []byte{0, 255}, "customer": shopCustomer("x"), "counts": []any{int64(1), int64(-2)},
			"stock": map[string]any{"a": int64(1<<53 + 1)}, "by_number": map[string]any{"7": shopCustomer("seven")}, "card": "visa",
			"placed_at": "2024-04-30T13:05:00.250001Z", "took": "PT3.004S", "note": "n", "nickname": "",
			"extra":     map[string]any{"k": []any{1.0, "x", nil, map[string]any{"y": true}}},
			"countries": []any{"COUNTRY_A", "COUNTRY_UNKNOWN", int64(7)}, "lines": []any{map[string]any{"sku": "s", "count": int64(2)}},
		}),
		"order, empty":                       shopOrder(nil),
		"second message":                     {"trace": "t"},
		"the other message is not the first": shopOrder(map[string]any{"id": int64(1)}),
		"nested message":                     {"sku": "s", "count": int64(2)},
		"message nested twice":               {"lat": 1.5, "lon": -2.0},
		"first message":                      shopCustomer("x"),
	}
	for name, c := range confluent(t, "PROTOBUF") {
		for _, choice := range []string{decodeProtobuf, decodeAuto} {
			t.Run(name+" by "+choice, func(t *testing.T) {
				is := is.New(t)
				got, err := decodeOne(t, DecodeConfig{ValueDecode: choice, Schemas: clientOf(t, c.schemas(t))}, c.Data)
				is.NoErr(err)
				is.Equal(got.Payload.After, want[name])
				is.Equal(got.Metadata[MetadataValueSchemaType], "PROTOBUF")
				_, err = conduit.EncodedSize(got)
				is.NoErr(err)
			})
		}
	}
}

func TestDecodesWhatConfluentsJSONSerializerWrites(t *testing.T) {
	for _, c := range confluent(t, "JSON") {
		for _, choice := range []string{decodeJSONSchema, decodeAuto} {
			is := is.New(t)
			got, err := decodeOne(t, DecodeConfig{ValueDecode: choice, Schemas: clientOf(t, c.schemas(t))}, c.Data)
			is.NoErr(err)
			is.Equal(got.Payload.After, opencdc.StructuredData{"id": int64(1<<53 + 1), "note": "é", "list": []any{1.5, nil}})
			is.Equal(got.Metadata[MetadataValueSchemaType], "JSON")
		}
	}
}

func TestAutoLeavesRawWhatHasNoSchema(t *testing.T) {
	is := is.New(t)
	c := confluent(t, "AVRO")["primitives"]
	auto := DecodeConfig{KeyDecode: decodeAuto, ValueDecode: decodeAuto, Schemas: clientOf(t, c.schemas(t))}
	for _, data := range []string{"", "{}", "\x00\x00\x00", "\x00\x00\x00\x00\x00\x00\x00\x07"} { // the last is a number of Java's
		got, err := decodeOne(t, auto, []byte(data))
		is.NoErr(err)
		is.Equal(got.Payload.After, opencdc.RawData(data))
		is.Equal(got.Metadata[MetadataValueSchemaID], "")
	}
	got, err := decodeOne(t, auto, c.Data)
	is.NoErr(err)
	is.Equal(got.Key.(opencdc.StructuredData)["l"], int64(math.MaxInt64))
	_, err = decodeOne(t, auto, []byte("\x00\x00\x00\x00\x63\x00"))
	expect.Error(t, err, "decode the key: find schema 99")
}
