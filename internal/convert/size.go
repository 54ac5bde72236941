package convert

import (
	"encoding/base64"
	"encoding/json"

	"github.com/conduitio/conduit-commons/opencdc"
	"google.golang.org/protobuf/encoding/protowire"
)

// Most bytes that Conduit's protocol (protobuf) adds to a record and to a metadata
// field for tags and lengths.
const (
	recordFraming = 48
	fieldFraming  = 12
)

// SizeOf is at least what a record takes in bytes as Conduit's protocol for plugin
// processes encodes it, and little more.
func SizeOf(r *opencdc.Record) int {
	size := recordFraming + len(r.Position) + metadataSize(r.Metadata)
	for _, d := range []opencdc.Data{r.Key, r.Payload.Before, r.Payload.After} {
		switch d := d.(type) {
		case nil:
		case opencdc.RawData:
			size += len(d)
		case opencdc.StructuredData:
			size += objectSize(d)
		default:
			size += len(d.Bytes())
		}
	}
	return size
}

func metadataSize(metadata opencdc.Metadata) int {
	size := len(metadata) * fieldFraming
	for name, value := range metadata {
		size += len(name) + len(value)
	}
	return size
}

// The protocol has structured data as google.protobuf.Struct: each value is a message,
// and so is each field of an object. Tags are a byte each.
const tag = 1

func objectSize(fields map[string]any) int {
	size := 0
	for name, v := range fields {
		size += tag + protowire.SizeBytes(tag+protowire.SizeBytes(len(name))+tag+protowire.SizeBytes(valueSize(v)))
	}
	return size
}

func valueSize(v any) int {
	const number = 8 // a double
	switch v := v.(type) {
	case nil, bool:
		return tag + 1
	case string:
		return tag + protowire.SizeBytes(len(v))
	case []byte:
		return tag + protowire.SizeBytes(base64.StdEncoding.EncodedLen(len(v)))
	case map[string]any:
		return tag + protowire.SizeBytes(objectSize(v))
	case opencdc.StructuredData:
		return tag + protowire.SizeBytes(objectSize(v))
	case []any:
		size := 0
		for i := range v {
			size += tag + protowire.SizeBytes(valueSize(v[i]))
		}
		return tag + protowire.SizeBytes(size)
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64, json.Number:
		return tag + number
	}
	return otherSize(v)
}

// otherSize is for values that the protocol has no form for. Programs that have no
// plugin process make them.
func otherSize(v any) int {
	b, err := json.Marshal(v)
	if err != nil {
		return 0
	}
	return len(b)
}
