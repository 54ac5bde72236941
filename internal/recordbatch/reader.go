package recordbatch

import (
	"encoding/binary"
	"io"
	"math"
	"unsafe"
)

// Reader walks the record set of one partition of a fetch response, batch by
// batch. The zero value is a Reader of an empty set. A Reader is for one goroutine
// and worth keeping: Reset reuses what it has allocated.
type Reader struct {
	topic         string
	partition     int32
	set           []byte // what is left
	next          int64
	epoch         int32
	timestampType TimestampType
	truncated     bool
	readCommitted bool
	aborted       abortedTransactions
	maxMemory     int
	err           error
}

// ReadOptions says how a record set is read.
type ReadOptions struct {
	// ReadCommitted leaves out the records of aborted transactions.
	ReadCommitted bool
	// Aborted are the aborted transactions that the fetch response names for the
	// partition, in any order.
	Aborted []AbortedTransaction
	// MaxMemory bounds the memory in bytes that one batch may take when it is read,
	// beyond the set itself: what it decompresses to, 88 for each record and 512 for
	// each header. Default: 256 MiB.
	MaxMemory int
}

// defaultMaxMemory is needed because brokers limit a batch only as it is stored. A few
// KiB can hold millions of records or headers without content.
const defaultMaxMemory = 256 << 20

// What a record and a header take beside their bytes. A header is counted for what
// becomes of it in a source: entries of a map, with their names. Of records, few are
// converted at a time.
const (
	recordMemory = int(unsafe.Sizeof(Record{}))
	headerMemory = 512
)

// Reset starts on the record set of a partition, fetched from offset from. Records
// returned by Next will point into set, which must not change any more.
func (r *Reader) Reset(topic string, partition int32, set []byte, from int64, opts ReadOptions) {
	r.topic, r.partition, r.set, r.next = topic, partition, set, from
	r.epoch, r.truncated, r.err = -1, false, nil
	r.timestampType = TimestampTypeUnknown
	r.readCommitted = opts.ReadCommitted
	r.aborted.reset(opts.Aborted)
	if r.maxMemory = opts.MaxMemory; r.maxMemory <= 0 {
		r.maxMemory = defaultMaxMemory
	}
}

// Next appends the records of the next batch to dst: those that are to be seen,
// at NextOffset or above, in ascending order of their offsets. That can be none.
//
// Next returns io.EOF at the end of the set, also if the set ends in the midst of
// a batch, as brokers cut it. Other errors are a *CorruptError, an
// *UnsupportedError or a *TooLargeError; then dst comes back as it was, NextOffset
// is unchanged, and every further call returns the same error.
func (r *Reader) Next(dst []Record) ([]Record, error) {
	if r.err != nil {
		return dst, r.err
	}
	size, err := batchSize(r.set)
	if err == nil && size > len(r.set) {
		r.truncated = len(r.set) > 0
		r.set = nil // or it would be kept alive until the next Reset
		r.err = io.EOF
		return dst, r.err
	}
	n := len(dst)
	if err == nil {
		b := r.set[:size:size]
		if b[posMagic] == 2 {
			dst, err = r.nextBatch(dst, b)
		} else {
			dst, err = r.nextMessage(dst, b)
		}
	}
	if err != nil {
		r.err = r.locate(r.set, err)
		r.set = nil
		clear(dst[n:]) // or the set would be kept alive
		return dst[:n], r.err
	}
	r.set = r.set[size:]
	return dst, nil
}

// NextOffset is where to fetch next: after the last batch that was read, whether
// or not it had records to show, and never below the offset given to Reset.
func (r *Reader) NextOffset() int64 { return r.next }

// LeaderEpoch is the partition leader epoch of the last batch that was read
// (KIP-101), -1 if there was none or its format is too old to tell.
func (r *Reader) LeaderEpoch() int32 { return r.epoch }

// Truncated tells, after io.EOF, whether the set ended in the midst of a batch.
func (r *Reader) Truncated() bool { return r.truncated }

// Oversize is the size in bytes of the first batch of a set if the set doesn't
// hold all of it, 0 otherwise: what a fetch must be allowed to return to get it.
func Oversize(set []byte) int {
	if size, err := batchSize(set); err == nil && size > len(set) && len(set) > 0 {
		return size
	}
	return 0
}

// NextOffset is the offset after the last whole batch of a set, and not below
// from, according to the headers alone: the next fetch can start before this one
// is decoded. A Reader gets to the same offset, unless it finds an error. epoch is
// the last batch's partition leader epoch, -1 if there is none.
func NextOffset(set []byte, from int64) (next int64, epoch int32) {
	for next, epoch = from, -1; ; {
		size, err := batchSize(set)
		if err != nil || size > len(set) {
			return next, epoch
		}
		last, err := lastOffset(set)
		if err != nil {
			return next, epoch
		}
		next, epoch = max(next, last+1), leaderEpoch(set)
		set = set[size:]
	}
}

// leaderEpoch is the partition leader epoch of a whole batch, -1 where there is none. The
// batch's checksum is not over it.
func leaderEpoch(b []byte) int32 {
	if b[posMagic] != 2 {
		return -1
	}
	return max(int32(binary.BigEndian.Uint32(b[posLeaderEpoch:])), -1)
}

// batchSize is the size of the batch or message at the front of a set, of which
// the set may hold less. Of a set too short to tell, it is the least that would.
func batchSize(set []byte) (int, error) {
	if len(set) <= posMagic {
		return headerSize, nil
	}
	least := headerSize
	switch magic := set[posMagic]; magic {
	case 0:
		least = messageSizeV0
	case 1:
		least = messageSizeV1
	case 2:
	default:
		return 0, unsupportedMagic(magic)
	}
	length := int(int32(binary.BigEndian.Uint32(set[posLength:])))
	if length < least-prefixSize || length > math.MaxInt32-prefixSize {
		return 0, corrupt("batch length out of range")
	}
	return length + prefixSize, nil
}

// lastOffset is the offset of the last record that a whole batch held when it was
// written; compaction may have taken the record.
func lastOffset(b []byte) (int64, error) {
	offset := int64(binary.BigEndian.Uint64(b))
	delta := int64(0)
	if b[posMagic] == 2 {
		delta = int64(int32(binary.BigEndian.Uint32(b[posLastOffsetDelta:])))
	}
	if offset < 0 || delta < 0 || offset >= math.MaxInt64-delta {
		return 0, corrupt("offset out of range")
	}
	return offset + delta, nil
}
