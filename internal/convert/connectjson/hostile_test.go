package connectjson

import (
	"runtime"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// Records of some KiB, and what they would become.
func TestDecodeBoundsWhatValuesBecome(t *testing.T) {
	const depth, many = 40, 2000
	nested := `{"type":"int32","default":1}`
	for range depth {
		nested = `{"type":"array","default":[null,null],"items":` + nested + `}`
	}
	const name = `"org.apache.kafka.connect.data.Decimal"`
	arrays := strings.Repeat(`{"type":"array","items":`, 4000) + `{"type":"int32"}` + strings.Repeat("}", 4000)
	for what, c := range map[string]struct{ schema, payload, want string }{
		"2^40 defaults":                {nested, `null`, "becomes more than 64 MiB"},
		"a default that is used often": {`{"type":"array","items":{"type":"array","items":{"type":"int32"},"default":[1` + strings.Repeat(",1", many) + `]}}`, `[null` + strings.Repeat(",null", many) + `]`, "becomes more than 64 MiB"},
		"a scale":                      {`{"type":"bytes","name":` + name + `,"parameters":{"scale":"1000000000"}}`, `1.5`, "scale of 1000000000 is not supported"},
		"digits of a decimal":          {`{"type":"bytes","name":` + name + `,"parameters":{"scale":"2"}}`, `"` + strings.Repeat("f39/", 20_000) + `"`, "a decimal of 60000 bytes is not supported"},
		"many long decimals":           {`{"type":"array","items":{"type":"bytes","name":` + name + `,"parameters":{"scale":"10000"}}}`, `[1.5` + strings.Repeat(",1.5", 10_000) + `]`, "becomes more than 64 MiB"},
		"a deep schema":                {arrays, `[]`, "nested more than 1000 deep"},
		"a deep value":                 {`null`, strings.Repeat("[", 2000) + strings.Repeat("]", 2000), "nested more than 1000 deep"},
	} {
		t.Run(what, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := new(Decoder).Decode([]byte(`{"schema":` + c.schema + `,"payload":` + c.payload + `}`))
			runtime.ReadMemStats(&after)
			expect.Error(t, err, c.want)
			if n := after.TotalAlloc - before.TotalAlloc; n > 16*budget.Bytes { // with what is free again, and what the race detector does not use again
				t.Errorf("%d MiB are allocated", n>>20)
			}
		})
	}
}

func TestADecimalAsANumberKeepsItsDigits(t *testing.T) {
	is := is.New(t)
	decode := func(number string) (any, error) {
		return new(Decoder).Decode([]byte(`{"schema":{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}},"payload":` + number + `}`))
	}
	for number, want := range map[string]string{"1.2300": "1.23", "-7": "-7.00", "1200": "1200.00", "12.345e1": "123.45", "12e-2": "0.12", "0.000": "0.00", "0e-9": "0.00"} {
		got, err := decode(number)
		is.NoErr(err)
		is.Equal(got, want)
	}
	for _, number := range []string{"1.239", "12.345e0", "1e-3", "-0.001"} {
		_, err := decode(number)
		expect.Error(t, err, "the decimal "+number+" has more than 2 digits after its point")
	}
}
