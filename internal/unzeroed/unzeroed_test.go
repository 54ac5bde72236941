package unzeroed_test

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/unzeroed"
)

func TestBytesAreTheCallersOwn(t *testing.T) {
	is := is.New(t)
	var all [][]byte
	for size := range 3000 {
		b := unzeroed.Bytes(size)
		is.Equal(len(b), size)
		is.Equal(cap(b), size) // so that append never writes after it
		all = append(all, b)
	}
	for i, b := range all {
		for j := range b {
			b[j] = byte(i)
		}
	}
	runtime.GC()
	for i, b := range all {
		is.Equal(bytes.Count(b, []byte{byte(i)}), len(b)) // no two share a byte
	}
}

func TestBytesAreOneAllocation(t *testing.T) {
	is := is.New(t)
	is.Equal(testing.AllocsPerRun(100, func() { keep = unzeroed.Bytes(1 << 10) }), 1.0)
}

var keep []byte

func BenchmarkBytes(b *testing.B) {
	const size = 1 << 20
	b.Run("unzeroed", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			keep = unzeroed.Bytes(size)
		}
	})
	b.Run("make", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			keep = make([]byte, size)
		}
	})
}
