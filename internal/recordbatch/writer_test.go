package recordbatch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/matryer/is"
)

// edgeRecords are what a record can be, null and empty and everything else.
func edgeRecords() []Record {
	long := make([]byte, 70_000)
	for i := range long {
		long[i] = byte(i * i)
	}
	return []Record{
		{Timestamp: 1_700_000_000_000, Key: []byte("key"), Value: []byte("value")},
		{Timestamp: 1_700_000_000_001},
		{Timestamp: 1_600_000_000_000, Key: []byte{}, Value: []byte{}}, // back in time
		{Timestamp: -1, Value: long},
		{Timestamp: 0, Key: []byte{0, 0xff, 0x80}, Headers: []Header{{"a", []byte("1")}, {"a", []byte("2")}, {"", nil}, {"\xff\x00", []byte{}}}},
		{Timestamp: math.MaxInt64, Headers: []Header{{"b", long}}},
		{Timestamp: math.MinInt64},
	}
}

func randomRecords(rnd *rand.Rand) []Record {
	bytes := func() []byte {
		switch n := rnd.IntN(10); n {
		case 0:
			return nil
		case 1:
			return []byte{}
		case 2:
			return make([]byte, rnd.IntN(20_000))
		default:
			b := make([]byte, rnd.IntN(200))
			for i := range b {
				b[i] = byte(rnd.IntN(1 << n))
			}
			return b
		}
	}
	records := make([]Record, 1+rnd.IntN(300))
	withHeaders := rnd.IntN(3)
	for i := range records {
		r := &records[i]
		r.Timestamp = 1_700_000_000_000 + rnd.Int64N(1<<rnd.IntN(40)) - 1<<20
		r.Key, r.Value = bytes(), bytes()
		for range rnd.IntN(1 + 4*withHeaders) {
			r.Headers = append(r.Headers, Header{string(bytes()), bytes()})
		}
	}
	return records
}

// numbered gives records the offsets that a batch does.
func numbered(records []Record) []Record {
	for i := range records {
		records[i].Offset = int64(i)
	}
	return records
}

func write(t testing.TB, w *Writer, records []Record, codec Codec, level int) []byte {
	t.Helper()
	is := is.New(t)
	w.Reset()
	for i := range records {
		size := w.Size()
		most := w.SizeOf(Measure(&records[i]))
		is.NoErr(w.Append(&records[i]))
		is.Equal(w.Size(), size+most)
	}
	is.Equal(w.Len(), len(records))
	e, err := w.Finish(codec, level)
	is.NoErr(err)
	is.True(e.Size() <= w.Size())
	b := e.Bytes()
	is.Equal(len(b), e.Size())
	return b
}

func TestReaderReadsWhatWriterWrites(t *testing.T) {
	w := NewWriter()
	rnd := rand.New(rand.NewPCG(1, 2))
	for codec := None; codec <= Zstd; codec++ {
		t.Run(codec.String(), func(t *testing.T) {
			is := is.New(t)
			var r Reader
			for i := range 20 {
				want := numbered(edgeRecords())
				if i > 0 {
					want = numbered(randomRecords(rnd))
				}
				b := write(t, w, want, codec, rnd.IntN(maxLevel[codec]+1))
				r.Reset("t", 1, b, 0, ReadOptions{})
				same(t, readAll(t, &r), want)
				is.Equal(r.NextOffset(), int64(len(want)))
			}
		})
	}
}

// large are records whose values lie apart, between others.
func large() []Record {
	records := numbered(edgeRecords())
	for _, n := range []int{minApart - 1, minApart, 100_000, 0, 3 * minApart} {
		records = append(records, Record{Key: []byte("key"), Value: bytes.Repeat([]byte{byte(n)}, n), Headers: []Header{{"h", make([]byte, minApart)}}})
	}
	return records
}

func TestWriterThatRefersToValuesMakesTheSameBatch(t *testing.T) {
	is := is.New(t)
	w := NewWriter()
	want := slices.Clone(write(t, w, large(), None, 0))
	w.SetReferring(true)
	is.Equal(write(t, w, large(), None, 0), want)
	is.Equal(w.Size(), len(want))
	is.Equal(write(t, w, large()[:1], None, 0), write(t, NewWriter(), large()[:1], None, 0)) // no value is left over

	w.SetNumbered(true)
	write(t, w, large(), None, 0)
	e, err := w.Finish(None, 0)
	is.NoErr(err)
	e.SetProducer(1, 2, 3)
	same(t, readAll(t, reader(0, ReadOptions{}, e.Bytes())), numbered(large())) // the CRC is right
}

func TestWriterThatRefersDoesNotCopyLargeValues(t *testing.T) {
	is := is.New(t)
	w := NewWriter()
	w.SetReferring(true)
	records := large()
	write(t, w, records, None, 0)
	e, err := w.Finish(None, 0)
	is.NoErr(err)
	for _, r := range records {
		lies := slices.ContainsFunc(e.Pieces(), func(piece []byte) bool {
			return len(piece) > 0 && len(r.Value) > 0 && &piece[0] == &r.Value[0]
		})
		is.Equal(lies, len(r.Value) >= minApart)
	}
	_, err = w.Finish(Snappy, 0)
	is.Equal(err.Error(), "finish record batch: values that are referred to can't be compressed with snappy")

	pieces := e.Pieces()
	w.Reset()
	for _, piece := range pieces {
		is.Equal(piece, nil) // or it would keep values alive
	}
}

func TestWriterFillsInTheHeader(t *testing.T) {
	is := is.New(t)
	w := NewWriter()
	b := write(t, w, []Record{{Timestamp: 20}, {Timestamp: 30}, {Timestamp: 10}}, None, 0)
	is.Equal(len(b), w.Size())
	is.Equal(binary.BigEndian.Uint64(b[posBaseOffset:]), uint64(0))
	is.Equal(int(binary.BigEndian.Uint32(b[posLength:])), len(b)-prefixSize)
	is.Equal(int32(binary.BigEndian.Uint32(b[posLeaderEpoch:])), int32(-1))
	is.Equal(b[posMagic], byte(2))
	is.Equal(binary.BigEndian.Uint16(b[posAttributes:]), uint16(0))
	is.Equal(binary.BigEndian.Uint32(b[posLastOffsetDelta:]), uint32(2))
	is.Equal(binary.BigEndian.Uint64(b[posBaseTimestamp:]), uint64(20))
	is.Equal(binary.BigEndian.Uint64(b[posMaxTimestamp:]), uint64(30))
	is.Equal(int64(binary.BigEndian.Uint64(b[posProducerID:])), int64(-1))
	is.Equal(int16(binary.BigEndian.Uint16(b[posProducerEpoch:])), int16(-1))
	is.Equal(int32(binary.BigEndian.Uint32(b[posBaseSequence:])), int32(-1))
	is.Equal(binary.BigEndian.Uint32(b[posCount:]), uint32(3))

	e, err := w.Finish(None, 0)
	is.NoErr(err)
	e.SetProducer(1<<40, 3, 70_000)
	b = e.Bytes()
	is.Equal(int64(binary.BigEndian.Uint64(b[posProducerID:])), int64(1<<40))
	is.Equal(int16(binary.BigEndian.Uint16(b[posProducerEpoch:])), int16(3))
	is.Equal(int32(binary.BigEndian.Uint32(b[posBaseSequence:])), int32(70_000))
	is.Equal(len(readAll(t, reader(0, ReadOptions{}, b))), 3) // the CRC is right again
}

func TestWriterCompressesOnlyIfThatHelps(t *testing.T) {
	w := NewWriter()
	for codec := Gzip; codec <= Zstd; codec++ {
		is := is.New(t)
		b := write(t, w, []Record{{Value: []byte("short")}}, codec, 0)
		is.Equal(Codec(b[posAttributes+1]), None)
		is.Equal(len(b), w.Size())
		b = write(t, w, []Record{{Value: make([]byte, 1000)}}, codec, 0)
		is.Equal(Codec(b[posAttributes+1]), codec)
		is.True(len(b) < w.Size())
	}
}

func TestWriterFinishesAsOftenAsAsked(t *testing.T) {
	is := is.New(t)
	w := NewWriter()
	write(t, w, []Record{{Value: make([]byte, 1000)}}, Zstd, 0)
	e, err := w.Finish(None, 0)
	is.NoErr(err)
	is.Equal(len(readAll(t, reader(0, ReadOptions{}, e.Bytes()))), 1)
	is.NoErr(w.Append(&Record{}))
	e, err = w.Finish(LZ4, 9)
	is.NoErr(err)
	is.Equal(len(readAll(t, reader(0, ReadOptions{}, e.Bytes()))), 2)
}

func TestWriterRefusesWhatIsNoBatch(t *testing.T) {
	is := is.New(t)
	w := NewWriter()
	_, err := w.Finish(None, 0)
	is.Equal(err.Error(), "finish record batch: it has no records")
	is.NoErr(w.Append(&Record{}))
	_, err = w.Finish(Snappy, 1)
	is.Equal(err.Error(), "finish record batch: compression level 1: snappy has no levels, want 0")
	_, err = w.Finish(7, 0)
	is.True(err != nil)
}

func TestMeasuredBatchSizeIsThatOfABatchOfOne(t *testing.T) {
	w := NewWriter()
	for i, rec := range edgeRecords() {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			is := is.New(t)
			is.Equal(Measure(&rec).BatchSize(), len(write(t, w, []Record{rec}, None, 0)))
		})
	}
}
