package convert

import (
	"context"
	"fmt"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// DecodeError is the error of a message whose key or value can't be decoded.
type DecodeError struct {
	Topic     string
	Partition int32
	Offset    int64
	Err       error
}

func (e *DecodeError) Error() string {
	return fmt.Sprintf("record at offset %d of partition %d of topic %s: %v (decode.onError raw passes on undecoded what can't be decoded)", e.Offset, e.Partition, e.Topic, e.Err)
}

func (e *DecodeError) Unwrap() error { return e.Err }

// Decodes reports whether AppendDecoded decodes anything.
func (m *Records) Decodes() bool { return m.decoding != nil }

// Decode has AppendDecoded decode keys and values; nil: they stay raw.
func (m *Records) Decode(d *Decoding) { m.decoding = d }

// AppendDecoded does what Append does, and decodes keys and values. It stops as well at
// the first record that can't be decoded, whose DecodeError it returns with those before
// it. An outage of the schema registry is no DecodeError, but the registry's.
func (m *Records) AppendDecoded(ctx context.Context, dst []opencdc.Record, b message.Batch, readAt time.Time, room int) ([]opencdc.Record, int, error) {
	start := len(dst)
	dst, rawRoom := m.Append(dst, b, readAt, room)
	if m.decoding == nil {
		return dst, rawRoom, nil
	}
	for i := start; i < len(dst); i++ {
		r := &dst[i]
		if err := m.decoding.decode(ctx, r, b.Topic); err != nil {
			if !isOutage(ctx, err) {
				err = &DecodeError{b.Topic, b.Partition, b.Records[i-start].Offset, err}
			}
			return dst[:i], room, err
		}
		if room -= SizeOf(r); room < 0 && i > 0 {
			return dst[:i], 0, nil
		}
	}
	return dst, max(room, 0), nil
}
