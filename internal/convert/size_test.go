package convert

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	opencdcv1 "github.com/conduitio/conduit-commons/proto/opencdc/v1"
	"github.com/matryer/is"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// encodedSize is what records take in a message of Conduit's protocol, in bytes.
func encodedSize(t *testing.T, records ...opencdc.Record) int {
	t.Helper()
	size := 0
	for _, r := range records {
		var p opencdcv1.Record
		is.New(t).NoErr(r.ToProto(&p))
		size += protowire.SizeTag(1) + protowire.SizeBytes(proto.Size(&p))
	}
	return size
}

// someBytes are up to n bytes, UTF-8 or not, or null.
func someBytes(r *rand.Rand, n int) []byte {
	switch b := make([]byte, r.IntN(n)); r.IntN(4) {
	case 0:
		return nil
	case 1:
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	default:
		return []byte(strings.Repeat("é", len(b)/2))
	}
}

func TestRecordsAreNotLargerThanTheirSize(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		b := message.Batch{Topic: strings.Repeat("t", 1+r.IntN(200)), Partition: r.Int32(), LeaderEpoch: r.Int32(), TopicID: [16]byte{1}}
		record := recordbatch.Record{Offset: r.Int64(), Timestamp: r.Int64N(1 << 42), Key: someBytes(r, 300), Value: someBytes(r, 1<<uint(1+r.IntN(17)))}
		for range r.IntN(4) {
			record.Headers = append(record.Headers, recordbatch.Header{Key: string(someBytes(r, 40)), Value: someBytes(r, 300)})
		}
		b.Records = []recordbatch.Record{record}
		m := NewRecords(r.IntN(2) == 0, func(*message.Batch) PositionPrefix { return PositionPrefix(strings.Repeat("x", 1+r.IntN(400))) })
		got, room := m.Append(nil, b, time.Now(), math.MaxInt)
		for _, size := range []int{math.MaxInt - room, SizeOf(&got[0])} {
			if encoded := encodedSize(t, got...); size < encoded || size > encoded+250 {
				t.Fatalf("%d bytes count as %d: %+v", encoded, size, got[0])
			}
		}
	}
}
