package avrodata

import (
	"runtime"
	"testing"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// Whatever the schema and the data say, nothing panics, and no more is allocated than a few
// times what values may take.
func FuzzSchemaAndData(f *testing.F) {
	f.Add(`{"type":"record","name":"r","fields":[{"name":"a","type":["null","string",{"type":"array","items":"r"}],"default":null},{"name":"b","type":{"type":"map","values":"double"}}]}`, []byte("\x02\x02a\x00"))
	f.Add(`{"type":"bytes","logicalType":"big-decimal"}`, []byte("\x0a\x02\x01\xa0\x9c\x01"))
	f.Add(`{"type":"fixed","size":300000000,"name":"f","logicalType":"decimal","precision":4}`, []byte(`"1"`))
	f.Add(doubling(5, `,"default":{}`), []byte("{}"))
	f.Fuzz(func(t *testing.T, schema string, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if c, err := New(schema); err == nil {
			_, _ = c.Decode(data)
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
