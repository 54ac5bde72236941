package connectjson

import (
	"runtime"
	"testing"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
)

// Whatever the schema and the data say, nothing panics, and no more is allocated than a few
// times what values may take.
func FuzzSchemaAndData(f *testing.F) {
	f.Add(`{"type":"struct","fields":[{"field":"a","type":"array","items":{"type":"int32"},"default":[1]}]}`, []byte(`{"a":null}`))
	f.Add(`{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"9999"}}`, []byte(`"f39/"`))
	f.Add(`{"type":"map","keys":{"type":"int32"},"values":{"type":"string"}}`, []byte(`[[1,"a"]]`))
	f.Fuzz(func(t *testing.T, schema string, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = new(Decoder).Decode([]byte(`{"schema":` + schema + `,"payload":` + string(data) + `}`))
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 16*budget.Bytes {
			t.Errorf("%d MiB are allocated", n>>20)
		}
	})
}
