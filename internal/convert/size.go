package convert

import "github.com/conduitio/conduit-commons/opencdc"

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
