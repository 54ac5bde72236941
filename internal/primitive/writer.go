package primitive

import (
	"encoding/binary"
	"slices"
)

// Writer writes big-endian fields one after the other.
type Writer struct{ b []byte }

// Written is all that was written.
func (w *Writer) Written() []byte { return w.b }

// Raw writes bytes as they are.
func (w *Writer) Raw(b []byte) { w.b = append(w.b, b...) }

// Reset begins again, in the memory of what was written before, which is not valid any
// more.
func (w *Writer) Reset() { w.b = w.b[:0] }

// Int16 writes an INT16.
func (w *Writer) Int16(v int16) { w.b = binary.BigEndian.AppendUint16(w.b, uint16(v)) }

// Int32 writes an INT32.
func (w *Writer) Int32(v int32) { w.b = binary.BigEndian.AppendUint32(w.b, uint32(v)) }

// Int64 writes an INT64.
func (w *Writer) Int64(v int64) { w.b = binary.BigEndian.AppendUint64(w.b, uint64(v)) }

// Bool writes a BOOLEAN.
func (w *Writer) Bool(v bool) {
	if v {
		w.b = append(w.b, 1)
	} else {
		w.b = append(w.b, 0)
	}
}

// Uvarint writes an UNSIGNED_VARINT.
func (w *Writer) Uvarint(v uint64) { w.b = binary.AppendUvarint(w.b, v) }

// CompactString writes a COMPACT_STRING.
func (w *Writer) CompactString(s string) {
	w.CompactCount(len(s))
	w.b = append(w.b, s...)
}

// CompactNullableString writes a COMPACT_NULLABLE_STRING, null for "".
func (w *Writer) CompactNullableString(s string) {
	if s == "" {
		w.Null()
		return
	}
	w.CompactString(s)
}

// CompactCount writes the length of a compact array, string or bytes, whose content
// follows.
func (w *Writer) CompactCount(n int) { w.Uvarint(uint64(n) + 1) }

// Null writes a compact array, string or bytes that is null.
func (w *Writer) Null() { w.Uvarint(0) }

// Tags ends a structure that has no tagged fields.
func (w *Writer) Tags() { w.Uvarint(0) }

// Grow makes room for n more bytes, so that what follows is not copied as it gets longer.
func (w *Writer) Grow(n int) { w.b = slices.Grow(w.b, n) }
