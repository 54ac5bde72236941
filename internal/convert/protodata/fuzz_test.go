package protodata

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// Whatever the schema and the data say, nothing panics, and no more is allocated than a few
// times what values may take. What the schema may import comes after it, each after a zero
// byte: f1, f2 and so on.
func FuzzSchemaAndData(f *testing.F) {
	f.Add(`syntax = "proto3"; message A { map<uint32, A> m = 1; repeated int64 l = 2; oneof o { string s = 3; bytes b = 4; } }`, []byte("\x00\x0a\x04\x08\x01\x12\x00"))
	f.Add(`syntax = "proto3"; package google.protobuf; message Int32Value { Int32Value value = 1; }`, []byte("\x00\x0a\x00"))
	f.Add(`syntax = "proto3"; import "google/protobuf/struct.proto"; message A { google.protobuf.Value v = 1; }`, []byte(`{"v":{"a":[1,null]}}`))
	f.Add("syntax = \"proto3\"; import public \"f1\"; import \"f2\"; message A { a.B b = 1; }\x00package a; message B {}\x00import public \"f1\"; option (x) = 1;", []byte{0})
	f.Fuzz(func(t *testing.T, schema string, data []byte) {
		texts := strings.Split(schema, "\x00")
		var imports []File
		for i, text := range texts[1:] {
			imports = append(imports, File{fmt.Sprint("f", i+1), text})
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if c, err := New(texts[0], imports...); err == nil {
			_, _ = c.Decode(data)
			m, err := c.Message("")
			v, jsonErr := plain.ParseJSON(data)
			if err == nil && jsonErr == nil {
				_, _ = m.Encode(v)
			}
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 16*budget.Bytes {
			t.Errorf("%d MiB are allocated", n>>20)
		}
	})
}
