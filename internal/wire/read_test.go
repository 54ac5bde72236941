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
	"github.com/segmentio/kafka-go/protocol"
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
		c := &Conn{maxFrame: maxFrame, pending: []*call{{key: protocol.Fetch}}}
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
	c := &Conn{maxFrame: maxFrame, pending: []*call{{key: protocol.Fetch}}}
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
	c := &Conn{maxFrame: maxFrame, pending: []*call{{key: protocol.Fetch}}}
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
			c := &Conn{maxFrame: maxFrame, pending: []*call{{key: protocol.Fetch}}}
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

// FuzzReadFrame has any bytes come from a broker, in any pieces: answers are given whole,
// and memory is taken as they arrive.
func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{0, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0, 4, 1, 2, 3, 4}, uint8(3))
	f.Add([]byte{0x3f, 0xff, 0xff, 0xff, 1}, uint8(0))
	f.Add([]byte{0x80, 0, 0, 0}, uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, piece uint8) {
		c := &Conn{maxFrame: maxFrame, pending: []*call{{key: protocol.Fetch}}}
		r := bufio.NewReader(&pieces{b, int(piece)%16 + 1})
		got := allocated(func() {
			for rest := b; ; {
				frame, err := c.readFrame(r)
				if err != nil {
					return
				}
				if !bytes.HasPrefix(rest, frame) {
					t.Errorf("%d bytes are not those that came", len(frame))
				}
				rest = rest[len(frame):]
			}
		})
		if got > 3<<20+6*len(b) {
			t.Errorf("%d bytes allocated for %d", got, len(b))
		}
	})
}

// pieces gives a few bytes at a time.
type pieces struct {
	rest []byte
	n    int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.n)], p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// Only records are large, and only who asked for records gets them.
func TestAnswersAreAsLargeAsWhatWasAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		pending []*call
		size    int
		ok      bool
	}{
		"records":                      {[]*call{{key: protocol.Fetch}, {key: protocol.Metadata}}, 200 << 20, true},
		"the largest metadata":         {[]*call{{key: protocol.Metadata}, {key: protocol.Fetch}}, maxAnswer, true},
		"metadata as large as fetches": {[]*call{{key: protocol.Metadata}, {key: protocol.Fetch}}, maxAnswer + 1, false},
		"nothing":                      {nil, maxHandshakeFrame + 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := (&Conn{maxFrame: maxFrame, pending: c.pending}).readFrame(framed(c.size, 0))
			is.Equal(errors.Is(err, io.EOF), c.ok) // it goes on to read the answer
			is.True(err != nil)
		})
	}
}
