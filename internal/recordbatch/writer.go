package recordbatch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
)

// Writer builds one record batch of magic 2 at a time, in buffers that it keeps.
// A Writer is for one goroutine.
type Writer struct {
	raw           []byte // the header and the records
	compressed    []byte // the header and the records, compressed
	count         int
	baseTimestamp int64
	maxTimestamp  int64
	transactional bool
	numbered      bool
}

// NewWriter returns a Writer of an empty batch.
func NewWriter() *Writer {
	w := new(Writer)
	w.Reset()
	return w
}

// Reset starts a new batch. What Finish returned is not valid any more.
func (w *Writer) Reset() {
	if cap(w.raw) < headerSize {
		w.raw = make([]byte, headerSize, 4<<10)
	}
	w.raw = w.raw[:headerSize]
	w.count = 0
}

// SetTransactional says whether batches belong to transactions from the next Finish on
// (KIP-98).
func (w *Writer) SetTransactional(on bool) { w.transactional = on }

// SetNumbered says whether SetProducer is called for each batch before it is sent. Then
// Finish leaves the checksum, of all bytes, to that.
func (w *Writer) SetNumbered(on bool) { w.numbered = on }

// Len is the number of records in the batch.
func (w *Writer) Len() int { return w.count }

// Size is the size of the batch in bytes, not compressed.
func (w *Writer) Size() int { return len(w.raw) }

// sizes are the lengths that come before the parts of a record.
type sizes struct {
	timestampDelta int64
	offsetDelta    int64
	body           int // the record without its length
	total          int
}

// Measured is a record that was measured: for a batch of its own, for the one that it is
// added to and to add it, at one go.
type Measured struct {
	rec  *Record
	rest int // size of the record without its length and deltas
}

// Measure measures a record, which must stay as it is until it is appended.
func Measure(rec *Record) Measured {
	n := 1 + sizeBytes(rec.Key) + sizeBytes(rec.Value) + sizeVarint(int64(len(rec.Headers)))
	for i := range rec.Headers {
		h := &rec.Headers[i]
		n += sizeVarint(int64(len(h.Key))) + len(h.Key) + sizeBytes(h.Value)
	}
	return Measured{rec, n}
}

// BatchSize is the size in bytes of a batch that holds only this record, not compressed.
// It is what a client compares with max.message.bytes; the broker compares the
// compressed size.
func (m Measured) BatchSize() int { return headerSize + m.sizes(0, 0).total }

func (m Measured) sizes(timestampDelta, offsetDelta int64) sizes {
	n := m.rest + sizeVarint(timestampDelta) + sizeVarint(offsetDelta)
	return sizes{timestampDelta, offsetDelta, n, sizeVarint(int64(n)) + n}
}

func sizeBytes(b []byte) int {
	if b == nil {
		return 1
	}
	return sizeVarint(int64(len(b))) + len(b)
}

// next is the sizes of a record as the next of the batch.
func (w *Writer) next(m Measured) sizes {
	if w.count == 0 {
		return m.sizes(0, 0)
	}
	return m.sizes(m.rec.Timestamp-w.baseTimestamp, int64(w.count))
}

// SizeOf is what AppendMeasured would add to Size.
func (w *Writer) SizeOf(m Measured) int { return w.next(m).total }

// Append is AppendMeasured of a record that was not measured.
func (w *Writer) Append(rec *Record) error { return w.AppendMeasured(Measure(rec)) }

// AppendMeasured adds a record to the batch, with the next offset and its timestamp.
// The Writer keeps nothing of it. It fails if the batch would get larger than 2 GiB.
func (w *Writer) AppendMeasured(m Measured) error {
	s, rec := w.next(m), m.rec
	if s.total > math.MaxInt32-len(w.raw) {
		return fmt.Errorf("append to record batch: %d bytes do not fit after %d", s.total, len(w.raw))
	}
	if w.count == 0 {
		w.baseTimestamp, w.maxTimestamp = rec.Timestamp, rec.Timestamp
	}
	w.maxTimestamp = max(w.maxTimestamp, rec.Timestamp)
	w.count++

	i := len(w.raw)
	w.raw = slices.Grow(w.raw, s.total)[:i+s.total]
	b := w.raw
	i = putVarint(b, i, int64(s.body))
	b[i] = 0 // attributes: none are defined
	i = putVarint(b, i+1, s.timestampDelta)
	i = putVarint(b, i, s.offsetDelta)
	i = putBytes(b, i, rec.Key)
	i = putBytes(b, i, rec.Value)
	i = putVarint(b, i, int64(len(rec.Headers)))
	for j := range rec.Headers {
		h := &rec.Headers[j]
		i = putVarint(b, i, int64(len(h.Key)))
		i += copy(b[i:], h.Key)
		i = putBytes(b, i, h.Value)
	}
	return nil
}

// putBytes encodes v with its length at b[i:] and returns the index after it.
func putBytes(b []byte, i int, v []byte) int {
	if v == nil {
		return putVarint(b, i, -1)
	}
	i = putVarint(b, i, int64(len(v)))
	return i + copy(b[i:], v)
}

// Finish returns the batch, compressed if that makes it smaller, without a producer
// ID, or, after SetNumbered, for one. It is valid until the next Reset or Finish. For levels see ValidLevel.
func (w *Writer) Finish(codec Codec, level int) ([]byte, error) {
	if w.count == 0 {
		return nil, errors.New("finish record batch: it has no records")
	}
	if err := ValidLevel(codec, level); err != nil {
		return nil, fmt.Errorf("finish record batch: %w", err)
	}
	b := w.raw
	if codec != None {
		var err error
		w.compressed, err = compress(append(w.compressed[:0], b[:headerSize]...), b[headerSize:], codec, level)
		if err != nil {
			return nil, fmt.Errorf("finish record batch: compress with %s: %w", codec, err)
		}
		if len(w.compressed) < len(b) {
			b = w.compressed
		} else {
			codec = None
		}
	}
	binary.BigEndian.PutUint64(b[posBaseOffset:], 0)
	binary.BigEndian.PutUint32(b[posLength:], uint32(len(b)-prefixSize))
	binary.BigEndian.PutUint32(b[posLeaderEpoch:], math.MaxUint32)
	b[posMagic] = 2
	binary.BigEndian.PutUint16(b[posAttributes:], w.attributes(codec))
	binary.BigEndian.PutUint32(b[posLastOffsetDelta:], uint32(w.count-1))
	binary.BigEndian.PutUint64(b[posBaseTimestamp:], uint64(w.baseTimestamp))
	binary.BigEndian.PutUint64(b[posMaxTimestamp:], uint64(w.maxTimestamp))
	binary.BigEndian.PutUint32(b[posCount:], uint32(w.count))
	if !w.numbered {
		w.SetProducer(b, -1, -1, -1)
	}
	return b, nil
}

func (w *Writer) attributes(codec Codec) uint16 {
	if w.transactional {
		return uint16(codec) | attrTransactional
	}
	return uint16(codec)
}

// SetProducer puts a producer ID, its epoch and the sequence number of the first
// record into a batch that Finish returned (KIP-98).
func (*Writer) SetProducer(batch []byte, id int64, epoch int16, baseSequence int32) {
	binary.BigEndian.PutUint64(batch[posProducerID:], uint64(id))
	binary.BigEndian.PutUint16(batch[posProducerEpoch:], uint16(epoch))
	binary.BigEndian.PutUint32(batch[posBaseSequence:], uint32(baseSequence))
	binary.BigEndian.PutUint32(batch[posCRC:], crc32.Checksum(batch[posAttributes:], castagnoli))
}
