package convert

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

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
		encoded, err := conduit.EncodedSize(got...)
		is.New(t).NoErr(err)
		for _, size := range []int{math.MaxInt - room, SizeOf(&got[0])} {
			if size < encoded || size > encoded+250 {
				t.Fatalf("%d bytes count as %d: %+v", encoded, size, got[0])
			}
		}
	}
}
