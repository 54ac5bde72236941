package recordbatch

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
