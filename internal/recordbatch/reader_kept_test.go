package recordbatch

import (
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/matryer/is"
)

// The slice goes back to Spare, and would keep the answer alive that the records lie in.
func TestReaderLeavesNothingOfABatchThatItCannotRead(t *testing.T) {
	is := is.New(t)
	w := NewWriter()
	for range 2 {
		is.NoErr(w.Append(&Record{Value: []byte("value")}))
	}
	e, err := w.Finish(None, 0)
	is.NoErr(err)
	b := e.Bytes()
	binary.BigEndian.PutUint32(b[posCount:], 1) // bytes follow the last record
	binary.BigEndian.PutUint32(b[posCRC:], crc32.Checksum(b[posAttributes:], castagnoli))

	var r Reader
	r.Reset("t", 0, b, 0, ReadOptions{})
	records, err := r.Next(make([]Record, 0, 4))
	is.True(err != nil)
	is.Equal(len(records), 0)
	for _, rec := range records[:cap(records)] {
		is.True(rec.Value == nil)
	}
}

// Compaction has left only records that were read before.
func TestReaderLeavesNothingOfRecordsBelowWhereItReads(t *testing.T) {
	is := is.New(t)
	w := NewWriter()
	is.NoErr(w.Append(&Record{Value: []byte("value")}))
	e, err := w.Finish(None, 0)
	is.NoErr(err)
	b := e.Bytes()
	binary.BigEndian.PutUint32(b[posLastOffsetDelta:], 5)
	binary.BigEndian.PutUint32(b[posCRC:], crc32.Checksum(b[posAttributes:], castagnoli))

	var r Reader
	r.Reset("t", 0, b, 4, ReadOptions{})
	records, err := r.Next(make([]Record, 0, 4))
	is.NoErr(err)
	is.Equal(len(records), 0)
	for _, rec := range records[:cap(records)] {
		is.True(rec.Value == nil)
	}
}
