package recordbatch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Writer builds one record batch of magic 2 at a time, in buffers that it keeps.
// A Writer is for one goroutine.
type Writer struct {
	raw           []byte // the header and the records, without the values in apart
	apart         []apart
	apartSize     int      // of all values in apart
	compressed    []byte   // the header and the records, compressed
	pieces        [][]byte // of what Finish returned
	count         int
	baseTimestamp int64
	maxTimestamp  int64
	transactional bool
	numbered      bool
	referring     bool
}

// apart is a value that is not copied.
type apart struct {
	at    int // where it belongs in raw
	value []byte
}

// minApart is from which size on, in bytes, values are not copied. For smaller ones a copy
// costs less than a piece more.
const minApart = 2 << 10

// NewWriter returns a Writer of an empty batch.
func NewWriter() *Writer {
	w := new(Writer)
	w.Reset()
	return w
}

// Reset starts a new batch. What Finish returned is not valid any more, and no value is
// referred to.
func (w *Writer) Reset() {
	if cap(w.raw) < headerSize {
		w.raw = make([]byte, headerSize, 4<<10)
	}
	w.raw = w.raw[:headerSize]
	clear(w.apart)
	clear(w.pieces)
	w.apart, w.pieces, w.apartSize = w.apart[:0], w.pieces[:0], 0
	w.count = 0
}

// SetTransactional says whether batches belong to transactions from the next Finish on
// (KIP-98).
func (w *Writer) SetTransactional(on bool) { w.transactional = on }

// SetNumbered says whether SetProducer is called for each batch before it is sent. Then
// Finish leaves the checksum, of all bytes, to that.
func (w *Writer) SetNumbered(on bool) { w.numbered = on }

// SetReferring says whether large values are not copied into the batch, from the next Reset
// on. They must stay as they are for as long as the batch is used, which can't be compressed.
func (w *Writer) SetReferring(on bool) { w.referring = on }

// Len is the number of records in the batch.
func (w *Writer) Len() int { return w.count }

// Size is the size of the batch in bytes, not compressed.
func (w *Writer) Size() int { return len(w.raw) + w.apartSize }

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
// Unless SetReferring is on, the Writer keeps nothing of it. It fails if the batch would get
// larger than 2 GiB.
func (w *Writer) AppendMeasured(m Measured) error {
	s, rec := w.next(m), m.rec
	if s.total > math.MaxInt32-w.Size() {
		return fmt.Errorf("append to record batch: %d bytes do not fit after %d", s.total, w.Size())
	}
	if w.count == 0 {
		w.baseTimestamp, w.maxTimestamp = rec.Timestamp, rec.Timestamp
	}
	w.maxTimestamp = max(w.maxTimestamp, rec.Timestamp)
	w.count++

	i, n := len(w.raw), s.total
	refer := w.referring && len(rec.Value) >= minApart
	if refer {
		n -= len(rec.Value)
	}
	w.raw = slices.Grow(w.raw, n)[:i+n]
	b := w.raw
	i = putVarint(b, i, int64(s.body))
	b[i] = 0 // attributes: none are defined
	i = putVarint(b, i+1, s.timestampDelta)
	i = putVarint(b, i, s.offsetDelta)
	i = putBytes(b, i, rec.Key)
	if refer {
		i = putVarint(b, i, int64(len(rec.Value)))
		w.apart = append(w.apart, apart{i, rec.Value})
		w.apartSize += len(rec.Value)
	} else {
		i = putBytes(b, i, rec.Value)
	}
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
func (w *Writer) Finish(codec Codec, level int) (Encoded, error) {
	if w.count == 0 {
		return Encoded{}, errors.New("finish record batch: it has no records")
	}
	if err := ValidLevel(codec, level); err != nil {
		return Encoded{}, fmt.Errorf("finish record batch: %w", err)
	}
	if codec != None && w.referring {
		return Encoded{}, fmt.Errorf("finish record batch: values that are referred to can't be compressed with %s", codec)
	}
	b := w.raw
	if codec != None {
		var err error
		w.compressed, err = compress(append(w.compressed[:0], b[:headerSize]...), b[headerSize:], codec, level)
		if err != nil {
			return Encoded{}, fmt.Errorf("finish record batch: compress with %s: %w", codec, err)
		}
		if len(w.compressed) < len(b) {
			b = w.compressed
		} else {
			codec = None
		}
	}
	e := Encoded{size: len(b) + w.apartSize}
	binary.BigEndian.PutUint64(b[posBaseOffset:], 0)
	binary.BigEndian.PutUint32(b[posLength:], uint32(e.size-prefixSize))
	binary.BigEndian.PutUint32(b[posLeaderEpoch:], math.MaxUint32)
	b[posMagic] = 2
	binary.BigEndian.PutUint16(b[posAttributes:], w.attributes(codec))
	binary.BigEndian.PutUint32(b[posLastOffsetDelta:], uint32(w.count-1))
	binary.BigEndian.PutUint64(b[posBaseTimestamp:], uint64(w.baseTimestamp))
	binary.BigEndian.PutUint64(b[posMaxTimestamp:], uint64(w.maxTimestamp))
	binary.BigEndian.PutUint32(b[posCount:], uint32(w.count))
	e.pieces = w.divide(b)
	if !w.numbered {
		e.SetProducer(-1, -1, -1)
	}
	return e, nil
}

// divide returns the batch in pieces, with the values that lie apart at their places.
func (w *Writer) divide(b []byte) [][]byte {
	pieces, from := w.pieces[:0], 0
	for _, v := range w.apart {
		pieces = append(pieces, b[from:v.at], v.value)
		from = v.at
	}
	w.pieces = append(pieces, b[from:])
	return w.pieces
}

func (w *Writer) attributes(codec Codec) uint16 {
	if w.transactional {
		return uint16(codec) | attrTransactional
	}
	return uint16(codec)
}
