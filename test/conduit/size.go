package conduit

import (
	"github.com/conduitio/conduit-commons/opencdc"
	opencdcv1 "github.com/conduitio/conduit-commons/proto/opencdc/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// EncodedSize returns how many bytes records take in a message between Conduit and a
// plugin process.
func EncodedSize(records ...opencdc.Record) (int, error) {
	size := 0
	for _, r := range records {
		var p opencdcv1.Record
		if err := r.ToProto(&p); err != nil {
			return 0, err
		}
		size += protowire.SizeTag(1) + protowire.SizeBytes(proto.Size(&p))
	}
	return size, nil
}
