package convert

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
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
		err := m.decoding.decode(ctx, r, b.Topic, b.Records[i-start].Headers)
		size := SizeOf(r)
		if err == nil && size > maxDecoded && size > sizeRaw(r, &b.Records[i-start]) {
			err = m.decoding.refuse(r, &b.Records[i-start], size)
		}
		if err != nil {
			if !isOutage(ctx, err) {
				err = &DecodeError{b.Topic, b.Partition, b.Records[i-start].Offset, err}
			}
			return dst[:i], room, err
		}
		if room -= size; room < 0 && i > 0 {
			return dst[:i], 0, nil
		}
	}
	return dst, max(room, 0), nil
}

// maxDecoded is the size of a decoded record as Conduit's protocol encodes it, a little
// below the 4 MiB that Conduit takes from a plugin process by default. One above it would
// end the pipeline whenever it is read.
const maxDecoded = 4<<20 - 16<<10

// sizeRaw is what a record takes as it is. One that is larger than maxDecoded needs a
// Conduit that takes it anyway.
func sizeRaw(r *opencdc.Record, m *recordbatch.Record) int {
	raw := *r
	raw.Key, raw.Payload.After = opencdc.RawData(m.Key), opencdc.RawData(m.Value)
	return SizeOf(&raw)
}

// refuse leaves key and value of a record as they were, since it is too large decoded.
func (d *Decoding) refuse(r *opencdc.Record, m *recordbatch.Record, size int) error {
	err := fmt.Errorf("decoded it takes %d bytes in Conduit's protocol, more than 4 MiB and than it takes as it is", size)
	if !d.raw {
		return err
	}
	back := func(p *part, data opencdc.Data, was []byte) opencdc.Data {
		raw, isRaw := data.(opencdc.RawData)
		if p.decoder == nil || data == nil || isRaw && bytes.Equal(raw, was) {
			return data
		}
		r.Metadata[p.fields.decodeError] = err.Error()
		return opencdc.RawData(was)
	}
	r.Key, r.Payload.After = back(&d.key, r.Key, m.Key), back(&d.value, r.Payload.After, m.Value)
	return nil
}
