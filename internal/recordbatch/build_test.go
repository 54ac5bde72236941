package recordbatch

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"reflect"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/matryer/is"
	"github.com/pierrec/lz4/v4"
)

// testBatch builds a batch of magic 2 of any content, also what a Writer never writes.
type testBatch struct {
	baseOffset      int64
	leaderEpoch     int32
	attributes      int16
	lastOffsetDelta int32
	baseTimestamp   int64
	maxTimestamp    int64
	producerID      int64
	count           int32
	records         []byte
}

func (b testBatch) bytes() []byte {
	out := make([]byte, headerSize, headerSize+len(b.records))
	binary.BigEndian.PutUint64(out[posBaseOffset:], uint64(b.baseOffset))
	binary.BigEndian.PutUint32(out[posLength:], uint32(headerSize-prefixSize+len(b.records)))
	binary.BigEndian.PutUint32(out[posLeaderEpoch:], uint32(b.leaderEpoch))
	out[posMagic] = 2
	binary.BigEndian.PutUint16(out[posAttributes:], uint16(b.attributes))
	binary.BigEndian.PutUint32(out[posLastOffsetDelta:], uint32(b.lastOffsetDelta))
	binary.BigEndian.PutUint64(out[posBaseTimestamp:], uint64(b.baseTimestamp))
	binary.BigEndian.PutUint64(out[posMaxTimestamp:], uint64(b.maxTimestamp))
	binary.BigEndian.PutUint64(out[posProducerID:], uint64(b.producerID))
	binary.BigEndian.PutUint32(out[posCount:], uint32(b.count))
	out = append(out, b.records...)
	return seal(out)
}

// seal sets the CRC of a batch of magic 2.
func seal(b []byte) []byte {
	binary.BigEndian.PutUint32(b[posCRC:], crc32.Checksum(b[posAttributes:], castagnoli))
	return b
}

// batchOf is a batch with one record for each offset, whose value is the offset.
func batchOf(base int64, last int64, offsets ...int64) testBatch {
	b := testBatch{baseOffset: base, lastOffsetDelta: int32(last - base), producerID: -1, count: int32(len(offsets))}
	for _, o := range offsets {
		b.records = appendRecord(b.records, 0, o-base, nil, []byte{byte(o)})
	}
	return b
}

func appendRecord(b []byte, timestampDelta, offsetDelta int64, key, value []byte) []byte {
	s := Measure(&Record{Key: key, Value: value}).sizes(timestampDelta, offsetDelta)
	i := len(b)
	b = append(b, make([]byte, s.total)...)
	i = putVarint(b, i, int64(s.body))
	i = putVarint(b, i+1, timestampDelta)
	i = putVarint(b, i, offsetDelta)
	i = putBytes(b, i, key)
	i = putBytes(b, i, value)
	putVarint(b, i, 0)
	return b
}

// controlBatch is a transaction marker.
func controlBatch(offset, producerID int64, kind byte) testBatch {
	return testBatch{
		baseOffset: offset, attributes: attrControl | attrTransactional, producerID: producerID, count: 1,
		records: appendRecord(nil, 0, 0, []byte{0, 0, 0, kind}, []byte{0, 0, 0, 0, 0, 0}),
	}
}

// testMessage builds a message of magic 0 or 1.
type testMessage struct {
	offset     int64
	magic      byte
	attributes byte
	timestamp  int64
	key, value []byte
}

func (m testMessage) bytes() []byte {
	b := make([]byte, posTimestamp)
	binary.BigEndian.PutUint64(b, uint64(m.offset))
	b[posMagic], b[posMessageAttributes] = m.magic, m.attributes
	if m.magic == 1 {
		b = binary.BigEndian.AppendUint64(b, uint64(m.timestamp))
	}
	for _, v := range [][]byte{m.key, m.value} {
		n := int32(len(v))
		if v == nil {
			n = -1
		}
		b = append(binary.BigEndian.AppendUint32(b, uint32(n)), v...)
	}
	binary.BigEndian.PutUint32(b[posLength:], uint32(len(b)-prefixSize))
	return sealMessage(b)
}

// sealMessage sets the CRC of a message of magic 0 or 1.
func sealMessage(b []byte) []byte {
	binary.BigEndian.PutUint32(b[posMessageCRC:], crc32.ChecksumIEEE(b[posMagic:]))
	return b
}

// compressors are what other clients compress with.
var compressors = map[string]func([]byte) []byte{
	"gzip":                   func(b []byte) []byte { return stream(b, gzip.NewWriter) },
	"snappy":                 func(b []byte) []byte { return s2.EncodeSnappy(nil, b) },
	"snappy, xerial framing": func(b []byte) []byte { return appendSnappy(nil, b) },
	"lz4":                    func(b []byte) []byte { return stream(b, lz4.NewWriter) },
	"zstd, streamed": func(b []byte) []byte {
		return stream(b, func(w io.Writer) *zstd.Encoder { e, _ := zstd.NewWriter(w); return e })
	},
	"zstd": func(b []byte) []byte { e, _ := zstd.NewWriter(nil); return e.EncodeAll(b, nil) },
}

func stream[W io.WriteCloser](b []byte, open func(io.Writer) W) []byte {
	var out bytes.Buffer
	w := open(&out)
	for len(b) > 0 { // in pieces, or zstd knows the size
		n, _ := w.Write(b[:min(len(b), 100)])
		b = b[n:]
	}
	_ = w.Close()
	return out.Bytes()
}

// readAll reads a whole set and fails if its records don't ascend.
func readAll(t testing.TB, r *Reader) []Record {
	t.Helper()
	is := is.New(t)
	var records []Record
	for {
		var err error
		records, err = r.Next(records)
		if err == io.EOF {
			break
		}
		is.NoErr(err)
	}
	for i := 1; i < len(records); i++ {
		is.True(records[i-1].Offset < records[i].Offset)
	}
	return records
}

func reader(from int64, opts ReadOptions, sets ...[]byte) *Reader {
	r := new(Reader)
	r.Reset("t", 1, bytes.Join(sets, nil), from, opts)
	return r
}

func offsets(records []Record) []int64 {
	out := []int64{}
	for _, r := range records {
		out = append(out, r.Offset)
	}
	return out
}

// same fails with the first record that differs: all of them can be megabytes.
func same(t testing.TB, got, want []Record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("record %d is %.300q, want %.300q", i, fmt.Sprint(got[i]), fmt.Sprint(want[i]))
		}
	}
}
