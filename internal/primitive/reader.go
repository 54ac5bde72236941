// Package primitive reads and writes the primitive types of Kafka's protocol (INT16, STRING,
// BYTES, arrays …). What is read is not copied.
package primitive

import (
	"encoding/binary"
	"errors"
)

// ErrShort says that the bytes end before what they announce.
var ErrShort = errors.New("the bytes end early")

var errFollows = errors.New("something follows its end")

// Reader reads big-endian fields from the front of its bytes. After the first that
// isn't there whole, Err is set and everything is zero.
type Reader struct {
	rest []byte
	err  error
}

// NewReader reads b.
func NewReader(b []byte) *Reader { return &Reader{rest: b} }

// Err is ErrShort once something was missing.
func (r *Reader) Err() error { return r.err }

// Whole is Err, or an error where something is left.
func (r *Reader) Whole() error {
	if len(r.rest) > 0 {
		r.Fail(errFollows)
	}
	return r.err
}

// Fail makes err the error of the reader, if it has none yet.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// Len is the number of bytes left.
func (r *Reader) Len() int { return len(r.rest) }

// Take returns the next n bytes.
func (r *Reader) Take(n int) []byte {
	if r.err != nil || n < 0 || n > len(r.rest) {
		r.Fail(ErrShort)
		return nil
	}
	out := r.rest[:n:n]
	r.rest = r.rest[n:]
	return out
}

// Bool reads a BOOLEAN.
func (r *Reader) Bool() bool {
	b := r.Take(1)
	return b != nil && b[0] != 0
}

// Int16 reads an INT16.
func (r *Reader) Int16() int16 {
	if b := r.Take(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

// Int32 reads an INT32.
func (r *Reader) Int32() int32 {
	if b := r.Take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

// Int64 reads an INT64.
func (r *Reader) Int64() int64 {
	if b := r.Take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

// Uvarint reads an UNSIGNED_VARINT.
func (r *Reader) Uvarint() uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.Fail(ErrShort)
		return 0
	}
	r.Take(n)
	return v
}

// String reads a STRING.
func (r *Reader) String() string { return string(r.Take(int(r.Int16()))) }

// NullableString reads a NULLABLE_STRING, "" for null.
func (r *Reader) NullableString() string {
	n := int(r.Int16())
	if n < 0 {
		return ""
	}
	return string(r.Take(n))
}

// Bytes reads NULLABLE_BYTES, nil for null.
func (r *Reader) Bytes() []byte {
	n := int(r.Int32())
	if n < 0 {
		return nil
	}
	return r.Take(n)
}

// Count reads the length of an array, 0 for null. One that can't be, its items
// taking at least that many bytes each, is an error rather than an allocation.
func (r *Reader) Count(itemSize int) int {
	n := int(r.Int32())
	if n < 0 {
		return 0
	}
	if n > len(r.rest)/itemSize {
		r.Fail(ErrShort)
		return 0
	}
	return n
}
