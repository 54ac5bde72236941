package connectjson

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// orders has a field of each type.
const orders = `{"schema":{"type":"struct","name":"order","optional":false,"fields":[
	{"field":"id","type":"int64","optional":false},
	{"field":"small","type":"int8","optional":true},
	{"field":"paid","type":"boolean","optional":false},
	{"field":"rate","type":"double","optional":false},
	{"field":"bad","type":"float","optional":true},
	{"field":"data","type":"bytes","optional":true},
	{"field":"note","type":"string","optional":true,"default":"none"},
	{"field":"total","type":"bytes","optional":false,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2","connect.decimal.precision":"10"}},
	{"field":"tax","type":"bytes","optional":false,"name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"3"}},
	{"field":"day","type":"int32","optional":false,"name":"org.apache.kafka.connect.data.Date","version":1},
	{"field":"at","type":"int64","optional":false,"name":"org.apache.kafka.connect.data.Timestamp"},
	{"field":"clock","type":"int32","optional":true,"name":"org.apache.kafka.connect.data.Time"},
	{"field":"tags","type":"array","items":{"type":"string","optional":true}},
	{"field":"props","type":"map","keys":{"type":"string"},"values":{"type":"int32"}},
	{"field":"pairs","type":"map","keys":{"type":"int32"},"values":{"type":"string"}},
	{"field":"days","type":"array","items":{"type":"int32","name":"org.apache.kafka.connect.data.Date"},"default":[1]},
	{"field":"other","type":"string","name":"io.debezium.data.Json","optional":true},
	{"field":"nested","type":"struct","optional":true,"fields":[{"field":"x","type":"int32","optional":false}]}
	]},"payload":{"id":9007199254740993,"small":-128,"paid":true,"rate":0.1,"bad":"NaN","data":"AP8=","note":null,"total":"BNI=","tax":1.5,
	"day":19843,"at":1714435200123,"clock":3723004,"tags":["a",null],"props":{"k":1},"pairs":[[1,"one"]],"other":"{}","nested":{"x":7},"unknown":1}}`

func TestDecodesEachType(t *testing.T) {
	is := is.New(t)
	var d Decoder
	for range 2 { // the second time with the schema that was kept
		got, err := d.Decode([]byte(orders))
		is.NoErr(err)
		is.Equal(got, map[string]any{
			"id": int64(9007199254740993), "small": int64(-128), "paid": true, "rate": 0.1, "bad": "NaN", "data": []byte{0, 255}, "note": "none",
			"total": "12.34", "tax": "1.500", "day": "2024-04-30", "at": "2024-04-30T00:00:00.123Z", "clock": "01:02:03.004",
			"tags": []any{"a", nil}, "props": map[string]any{"k": int64(1)}, "pairs": []any{[]any{int64(1), "one"}}, "days": []any{"1970-01-02"}, "other": "{}",
			"nested": map[string]any{"x": int64(7)},
		})
	}
}

func TestDecodesWhatIsNoStruct(t *testing.T) {
	for given, want := range map[string]any{
		`{"schema":null,"payload":{"a":1}}`:                                        map[string]any{"a": int64(1)},
		`{"schema":null,"payload":null}`:                                           nil,
		`{"schema":{"type":"string","optional":true},"payload":null}`:              nil,
		`{"schema":{"type":"string","optional":false},"payload":"x"}`:              "x",
		`{"payload":12,"schema":{"type":"int16"}}`:                                 int64(12),
		`{"schema":{"type":"int32","optional":true,"default":5},"payload":null}`:   int64(5),
		`{"schema":{"type":"double"},"payload":1}`:                                 1.0,
		`{"schema":null,"payload":0.30000000000000004}`:                            json.Number("0.30000000000000004"),
		`{"schema":{"type":"int64"},"payload":` + "9223372036854775807" + `}`:      int64(math.MaxInt64),
		`{"schema":{"type":"array","items":{"type":"boolean"}},"payload":[false]}`: []any{false},
	} {
		t.Run(given, func(t *testing.T) {
			is := is.New(t)
			got, err := new(Decoder).Decode([]byte(given))
			is.NoErr(err)
			is.Equal(got, want)
		})
	}
}

func TestErrorsNameWhatIsWrong(t *testing.T) {
	field := func(typ, payload string) string {
		return `{"schema":{"type":"struct","fields":[{"field":"a","type":"struct","fields":[{"field":"b",` + typ + `}]}]},"payload":{"a":{"b":` + payload + `}}}`
	}
	for given, want := range map[string]string{
		``:                                         "not an object",
		`{"a":1}`:                                  `unknown field "a"`,
		`{"schema":{},"payload":1,"more":2}`:       `unknown field "more"`,
		`{"schema":{"type":"int8"}}`:               `no "payload"`,
		`{"payload":{}}`:                           `no "schema"`,
		`{"schema":null,"payload":1} 2`:            "something after",
		`{"schema":{},"payload":1}`:                `type "" is unknown`,
		`{"schema":7,"payload":1}`:                 "read the schema",
		`{"schema":{"type":"x"},"payload":1}`:      `type "x" is unknown`,
		`{"schema":{"type":"array"},"payload":[]}`: "does not say of what",
		`{"schema":{"type":"map"},"payload":{}}`:   "does not say of what",
		`{"schema":{"type":"struct","fields":[null]},"payload":{}}`:                              "field 0 has no name",
		`{"schema":{"type":"string","optional":false},"payload":null}`:                           "the payload is null",
		field(`"type":"int8"`, "128"):                                                            "field a.b: 128 is not an int8",
		field(`"type":"int32"`, "1.5"):                                                           "field a.b: 1.5 is not an int32",
		field(`"type":"int32"`, `"x"`):                                                           "field a.b: it is a text",
		field(`"type":"boolean"`, `"x"`):                                                         "it is a text, and not a boolean",
		field(`"type":"string"`, `{}`):                                                           "it is an object",
		field(`"type":"double"`, `"x"`):                                                          "not a double",
		field(`"type":"double"`, `1e999`):                                                        "too large",
		field(`"type":"bytes"`, `"!"`):                                                           "base64",
		field(`"type":"bytes"`, `1`):                                                             "it is a number, and not bytes",
		field(`"type":"array","items":{"type":"int8"}`, `[1,"x"]`):                               "field a.b.1: it is a text",
		field(`"type":"array","items":{"type":"int8"}`, `{}`):                                    "field a.b is an object, and no list",
		field(`"type":"struct","fields":[]`, `[]`):                                               "field a.b is a list, and no object",
		field(`"type":"map","keys":{"type":"int8"},"values":{"type":"int8"}`, `[[1]]`):           "field a.b.0 is no pair",
		field(`"type":"map","keys":{"type":"int8"},"values":{"type":"int8"}`, `true`):            "is a boolean, and no map",
		field(`"type":"bytes","name":"`+decimal+`"`, `"AA=="`):                                   "the decimal of b of a has no scale",
		field(`"type":"bytes","name":"`+decimal+`","parameters":{"scale":"99999999"}`, `"AA=="`): "scale of 99999999 is not supported",
		field(`"type":"bytes","name":"`+decimal+`","parameters":{"scale":"2"}`, `1e999999999`):   "too many digits",
		field(`"type":"int32","name":"`+timeOfDay+`"`, `86400000`):                               "not a time of day",
		field(`"type":"int64","name":"`+timestamp+`"`, `9223372036854775807`):                    "four digits",
	} {
		t.Run(given, func(t *testing.T) {
			_, err := new(Decoder).Decode([]byte(given))
			expect.Error(t, err, want)
		})
	}
}

// A path of one field must not be seen in the error of another.
func TestPathsAreNotShared(t *testing.T) {
	deep := `{"type":"struct","fields":[{"field":"a","type":"int8"},{"field":"b","type":"int8"}]}`
	for range 6 {
		deep = `{"type":"struct","fields":[` + strings.Replace(deep, `{`, `{"field":"s",`, 1) + `]}`
	}
	_, err := new(Decoder).Decode([]byte(`{"schema":` + deep + `,"payload":{"s":{"s":{"s":{"s":{"s":{"s":{"a":1,"b":"x"}}}}}}}}`))
	expect.Error(t, err, "field s.s.s.s.s.s.b: it is a text")
}
