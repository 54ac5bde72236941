package recordbatch

import (
	"bytes"
	"errors"
	"io"
	"math"
	"runtime"
	"testing"

	"github.com/matryer/is"
)

// reseal repairs the lengths and checksums of a set, or a fuzzer never gets past
// them.
func reseal(set []byte) {
	for {
		size, err := batchSize(set)
		if err != nil || size > len(set) {
			return
		}
		if set[posMagic] == 2 {
			seal(set[:size])
		} else {
			sealMessage(set[:size])
		}
		set = set[size:]
	}
}

func FuzzReader(f *testing.F) {
	wrapped := testMessage{offset: 1, magic: 1, attributes: byte(Gzip), value: compressors["gzip"](testMessage{offset: 1, magic: 1}.bytes())}
	f.Add(wrapped.bytes(), int64(0))
	f.Add(append(testMessage{offset: 3, key: []byte("k")}.bytes(), transactional(1, 4, 9, 5, 7)...), int64(4))
	f.Add(append(controlBatch(3, 1, abort).bytes(), batchOf(4, 6, 5).bytes()[:50]...), int64(0))
	w := NewWriter()
	for codec := None; codec <= Zstd; codec++ {
		f.Add(bytes.Clone(write(f, w, edgeRecords()[:3], codec, 0)), int64(1))
	}
	for name, compress := range compressors {
		b := testBatch{attributes: int16(codecOf[name]), lastOffsetDelta: 1, count: 2}
		b.records = compress(append(appendRecord(nil, 0, 0, []byte("key"), nil), appendRecord(nil, 0, 1, nil, []byte("value"))...))
		f.Add(b.bytes(), int64(0))
	}
	const limit = 1 << 20
	f.Fuzz(func(t *testing.T, set []byte, from int64) {
		is := is.New(t)
		reseal(set)
		for _, committed := range []bool{false, true} {
			opts := ReadOptions{ReadCommitted: committed, MaxMemory: limit, Aborted: []AbortedTransaction{{1, 0}, {7, 5}}}
			r := reader(from, opts, set)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			next, steps := from, 0
			for {
				records, err := r.Next(nil)
				for _, rec := range records {
					is.True(rec.Offset >= next)
					is.True(rec.Offset < math.MaxInt64)
					next = rec.Offset + 1
				}
				is.True(r.NextOffset() >= next)
				next = r.NextOffset()
				if err != nil {
					var corrupt *CorruptError
					var unsupported *UnsupportedError
					var tooLarge *TooLargeError
					is.True(err == io.EOF || !errors.Is(err, io.EOF))
					is.True(err == io.EOF || errors.As(err, &corrupt) || errors.As(err, &unsupported) || errors.As(err, &tooLarge))
					break
				}
				steps++
				is.True(steps <= len(set)/messageSizeV0)
			}
			runtime.ReadMemStats(&after)
			// Decompression and its scratch, and the records, of each batch.
			is.True(after.TotalAlloc-before.TotalAlloc < uint64(steps+1)*(zstdMemory+16*limit))
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("key"), []byte("value"), "header", []byte("header value"), int64(1_700_000_000_000), int64(-5), uint8(3), uint8(4), uint8(0))
	f.Add([]byte{}, []byte{0xff}, "\x80", []byte{}, int64(math.MinInt64), int64(math.MaxInt64), uint8(0xff), uint8(1), uint8(9))
	w := NewWriter()
	f.Fuzz(func(t *testing.T, key, value []byte, header string, headerValue []byte, first, step int64, shape, codec, level uint8) {
		c := Codec(codec % (uint8(Zstd) + 1))
		var want []Record
		for i := range int64(shape&7) + 1 {
			rec := Record{Timestamp: first + i*step, Key: key, Value: value}
			if shape&8 != 0 {
				rec.Key = nil
			}
			if shape&16 != 0 {
				rec.Value = nil
			}
			for h := range int64(shape >> 5 & 3) {
				rec.Headers = append(rec.Headers, Header{header, headerValue})
				if h == i {
					rec.Headers[h].Value = nil
				}
			}
			want = append(want, rec)
		}
		numbered(want)
		b := write(t, w, want, c, int(level)%(maxLevel[c]+1))
		same(t, readAll(t, reader(0, ReadOptions{}, b)), want)
	})
}
