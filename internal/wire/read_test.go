package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/matryer/is"
)

// framed is an answer of a size, and the bytes of it that arrive.
func framed(size, arrive int) *bufio.Reader {
	b := make([]byte, 4+arrive)
	binary.BigEndian.PutUint32(b, uint32(size))
	for i := range b[4:] {
		b[4+i] = byte(i * 7)
	}
	return bufio.NewReader(bytes.NewReader(b))
}

func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

func TestAnAnswerTakesMemoryAsItArrives(t *testing.T) {
	for _, arrive := range []int{0, 4, 1 << 20, 3<<20 + 1} {
		c := &Conn{maxFrame: maxFrame}
		r := framed(maxFrame, arrive)
		var err error
		got := allocated(func() { _, err = c.readFrame(r) })
		is.New(t).True(errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF))
		t.Logf("%d of %d bytes: %d bytes allocated", arrive, maxFrame, got)
		is.New(t).True(got <= 2<<20+6*arrive)
	}
}

func TestAnswersOfAllSizesArriveWhole(t *testing.T) {
	is := is.New(t)
	c := &Conn{maxFrame: maxFrame}
	sizes := []int{4, 5, maxUnproven - 1, maxUnproven, maxUnproven + 1, 2 * maxUnproven, 2*maxUnproven + 5, 16 << 20, 100, 40 << 20}
	for range 10 {
		sizes = append(sizes, 4+rand.IntN(1<<22))
	}
	for _, size := range sizes {
		r := framed(size, size)
		want, err := io.ReadAll(framed(size, size))
		is.NoErr(err)
		got, err := c.readFrame(r)
		is.NoErr(err)
		is.True(bytes.Equal(got, want))
	}
}

// The price of caution is paid once: what has arrived is believed.
func TestALargeAnswerIsAllocatedAtOnceAfterOneLikeIt(t *testing.T) {
	is := is.New(t)
	const size = 16 << 20
	c := &Conn{maxFrame: maxFrame}
	for i, want := range []int{3 * size, size + size/16} {
		r := framed(size, size)
		got := allocated(func() { _, _ = c.readFrame(r) })
		t.Logf("answer %d: %d bytes allocated", i, got)
		is.True(got >= size && got <= want)
	}
}

func BenchmarkReadFrame(b *testing.B) {
	for name, size := range map[string]int{"1KiB": 1 << 10, "2MiB": 2 << 20, "16MiB": 16 << 20} {
		b.Run(name, func(b *testing.B) {
			c := &Conn{maxFrame: maxFrame}
			data := make([]byte, 4+size)
			binary.BigEndian.PutUint32(data, uint32(size))
			src := bytes.NewReader(nil)
			r := bufio.NewReaderSize(src, 64<<10)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				src.Reset(data)
				r.Reset(src)
				if _, err := c.readFrame(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
