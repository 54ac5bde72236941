package jsonschema

import (
	"runtime"
	"testing"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// Whatever the schema and the data say, nothing panics, and no more is allocated than a few
// times what values may take.
func FuzzSchemaAndData(f *testing.F) {
	f.Add(twice(5, `{"anyOf":[NEXT,NEXT]}`), []byte(`{"x":1}`))
	f.Add(`{"properties":{"a":{"enum":["x",1]},"b":{"pattern":"^(a|b)+$"}},"patternProperties":{"x":{"minimum":1e10}}}`, []byte(`{"a":"x","b":"ab"}`))
	f.Fuzz(func(t *testing.T, schema string, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if c, err := New(schema); err == nil {
			if v, err := plain.ParseJSON(data); err == nil {
				_, _ = c.Encode(v)
			}
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 16*budget.Bytes {
			t.Errorf("%d MiB are allocated", n>>20)
		}
	})
}
