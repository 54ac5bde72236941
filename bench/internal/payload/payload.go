// Package payload makes the records of the benchmark. They are the same in each
// run, and compress to about a third, as JSON does.
package payload

import (
	"math/rand/v2"
	"strconv"
	"time"
)

const digits = "0123456789abcdef"

// Key is the key of record i; keys spread evenly over partitions.
func Key(i int) []byte { return strconv.AppendInt([]byte("key-"), int64(i), 10) }

// Value is the value of record i, size bytes long.
func Value(i, size int) []byte {
	random := rand.New(rand.NewPCG(uint64(i), uint64(size)))
	b := make([]byte, 0, size+32)
	for field := 0; len(b) < size; field++ {
		b = append(b, `,"field-`...)
		b = strconv.AppendInt(b, int64(field), 10)
		b = append(b, `":"`...)
		for x, n := random.Uint64(), 0; n < 10; n++ {
			b = append(b, digits[x&15])
			x >>= 4
		}
		b = append(b, '"')
	}
	return b[:size]
}

// stampDigits is enough for nanoseconds since 1970.
const stampDigits = 19

// Stamped is a value of size bytes, at least 19, that carries a time.
func Stamped(t time.Time, size int) []byte {
	b := make([]byte, max(size, stampDigits))
	for i := range b {
		b[i] = '.'
	}
	text := strconv.FormatInt(t.UnixNano(), 10)
	copy(b[stampDigits-len(text):stampDigits], text)
	for i := range stampDigits - len(text) {
		b[i] = '0'
	}
	return b
}

// Stamp returns the time that Stamped put into a value.
func Stamp(value []byte) (time.Time, bool) {
	if len(value) < stampDigits {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(string(value[:stampDigits]), 10, 64)
	return time.Unix(0, n), err == nil
}
