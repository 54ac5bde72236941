package recordbatch

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// minRecordSize is the size of the smallest record: its length, the attributes, two
// deltas, the lengths of key and value and the number of headers, a byte each.
const minRecordSize = 7

// nextBatch reads a record batch of magic 2, all of which is in b.
func (r *Reader) nextBatch(dst []Record, b []byte) ([]Record, error) {
	last, err := lastOffset(b)
	if err != nil {
		return dst, err
	}
	if crc32.Checksum(b[posAttributes:], castagnoli) != binary.BigEndian.Uint32(b[posCRC:]) {
		return dst, corrupt("CRC mismatch")
	}
	hidden, err := r.hidden(b, last)
	if err != nil {
		return dst, err
	}
	if !hidden && last >= r.next {
		if dst, err = r.records(dst, b); err != nil {
			return dst, err
		}
	}
	r.next = max(r.next, last+1)
	r.epoch, r.timestampType = leaderEpoch(b), timestampTypeOf(b)
	return dst, nil
}

// section is the part of a batch that holds its records, decompressed, and their
// number.
func (r *Reader) section(b []byte) ([]byte, int, error) {
	count := int(int32(binary.BigEndian.Uint32(b[posCount:])))
	if count == 0 { // compaction keeps the header of the last batch of a producer
		return nil, 0, nil
	}
	section, err := decompress(Codec(b[posAttributes+1]&attrCodec), b[headerSize:], r.maxMemory)
	if err != nil {
		return nil, 0, err
	}
	if count < 0 || count > len(section)/minRecordSize {
		return nil, 0, corrupt("record count out of range")
	}
	return section, count, nil
}

// records appends the records of a batch that are at r.next or above.
func (r *Reader) records(dst []Record, batch []byte) ([]Record, error) {
	b, count, err := r.section(batch)
	if err != nil {
		return dst, err
	}
	baseOffset := int64(binary.BigEndian.Uint64(batch))
	lastDelta := int64(binary.BigEndian.Uint32(batch[posLastOffsetDelta:]))
	timestamp, deltas := int64(binary.BigEndian.Uint64(batch[posBaseTimestamp:])), int64(1)
	if timestampTypeOf(batch) == LogAppendTime {
		// The time is that of the batch, whatever the deltas say (KIP-32).
		timestamp, deltas = int64(binary.BigEndian.Uint64(batch[posMaxTimestamp:])), 0
	}
	spare := r.maxMemory - count*recordMemory
	if Codec(batch[posAttributes+1]&attrCodec) != None {
		spare -= len(b)
	}
	if spare < 0 {
		return dst, tooLarge{}
	}
	dst = slices.Grow(dst, count)
	slab := headerSlab{spare: spare / headerMemory}
	prevDelta := int64(-1)
	i := 0
	for left := count; left > 0; left-- {
		var length, timestampDelta, offsetDelta, n int64
		length, i = varint(b, i)
		if length < 1 || length > int64(len(b)-i) {
			return dst, corrupt("record length out of range")
		}
		rec := b[: i+int(length) : i+int(length)]
		timestampDelta, i = varint(rec, i+1) // after the attributes, of which none are defined
		offsetDelta, i = varint(rec, i)
		if offsetDelta <= prevDelta || offsetDelta > lastDelta {
			return dst, corrupt("record offset out of order")
		}
		prevDelta = offsetDelta

		dst = dst[:len(dst)+1]
		p := &dst[len(dst)-1]
		p.Offset, p.Timestamp = baseOffset+offsetDelta, timestamp+deltas*timestampDelta
		p.Key, i = bytesAt(rec, i)
		p.Value, i = bytesAt(rec, i)
		p.Headers = nil
		if n, i = varint(rec, i); n != 0 {
			p.Headers, i = slab.read(rec, i, n, left)
		}
		if slab.over {
			return dst, tooLarge{}
		}
		if i != len(rec) {
			return dst, corrupt("lengths within a record don't fit")
		}
		if p.Offset < r.next {
			*p = Record{}
			dst = dst[:len(dst)-1]
		}
	}
	if i != len(b) {
		return dst, corrupt("bytes follow the last record")
	}
	return dst, nil
}

// bytesAt reads bytes that follow their length at b[i:], null if that is negative, and
// returns the index after them: beyond b if they aren't all there, as varint does.
func bytesAt(b []byte, i int) ([]byte, int) {
	n, i := varint(b, i)
	if n < 0 {
		return nil, i
	}
	if n > int64(len(b)-i) {
		return nil, len(b) + 1
	}
	end := i + int(n)
	return b[i:end:end], end
}
