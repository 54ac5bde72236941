package primitive

import "math"

// The types of flexible versions (KIP-482): lengths are UNSIGNED_VARINTs of one
// more than the length, 0 for null, and each structure ends with tagged fields.

// CompactString reads a COMPACT_NULLABLE_STRING, "" for null.
func (r *Reader) CompactString() string { return string(r.CompactBytes()) }

// CompactBytes reads COMPACT_NULLABLE_BYTES, nil for null.
func (r *Reader) CompactBytes() []byte {
	n := r.Uvarint()
	if n == 0 {
		return nil
	}
	return r.Take(int(min(n-1, math.MaxInt32)))
}

// CompactCount reads the length of a compact array, as Count does.
func (r *Reader) CompactCount(itemSize int) int {
	n := r.Uvarint()
	if n == 0 {
		return 0
	}
	if n-1 > uint64(len(r.rest)/itemSize) {
		r.Fail(ErrShort)
		return 0
	}
	return int(n - 1)
}

// Tags skips tagged fields, of which none is known.
func (r *Reader) Tags() {
	for n := r.Uvarint(); n > 0 && r.err == nil; n-- {
		r.tag()
	}
}

// EachTag calls known with the number and the content of each tagged field. One of which
// known reads more than there is, is an error.
func (r *Reader) EachTag(known func(tag uint64, field *Reader)) {
	for n := r.Uvarint(); n > 0 && r.err == nil; n-- {
		tag, content := r.tag()
		if r.err != nil {
			return
		}
		field := NewReader(content)
		if known(tag, field); field.err != nil {
			r.Fail(field.err)
		}
	}
}

// tag reads a tagged field.
func (r *Reader) tag() (tag uint64, content []byte) {
	return r.Uvarint(), r.Take(int(min(r.Uvarint(), math.MaxInt32)))
}
