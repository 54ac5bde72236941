package recordbatch

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
)

// Positions in a message of magic 0 or 1, with its offset and size in front. Magic
// 1 has a timestamp between the attributes and the key (KIP-32).
const (
	posMessageCRC        = 12
	posMessageAttributes = 17
	posTimestamp         = 18
	messageSizeV0        = 26 // with a key and a value of no bytes
	messageSizeV1        = 34
)

// message is a message of magic 0 or 1.
type message struct {
	offset     int64
	magic      byte
	attributes byte
	timestamp  int64
	key, value []byte
}

func (m *message) codec() Codec { return Codec(m.attributes & attrCodec) }

// parseMessage reads a message, which is all of b.
func parseMessage(b []byte) (message, error) {
	if crc32.ChecksumIEEE(b[posMagic:]) != binary.BigEndian.Uint32(b[posMessageCRC:]) {
		return message{}, corrupt("CRC mismatch")
	}
	m := message{
		offset:     int64(binary.BigEndian.Uint64(b)),
		magic:      b[posMagic],
		attributes: b[posMessageAttributes],
		timestamp:  noTimestamp,
	}
	b = b[posTimestamp:]
	if m.magic == 1 {
		m.timestamp = int64(binary.BigEndian.Uint64(b))
		b = b[8:]
	}
	var ok bool
	if m.key, b, ok = legacyBytes(b); !ok {
		return message{}, corrupt("key length out of range")
	}
	if m.value, b, ok = legacyBytes(b); !ok {
		return message{}, corrupt("value length out of range")
	}
	if len(b) > 0 {
		return message{}, corrupt("message length mismatch")
	}
	return m, nil
}

// legacyBytes takes bytes that follow their 32-bit length off b; a negative length is null.
func legacyBytes(b []byte) (data, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := int64(int32(binary.BigEndian.Uint32(b)))
	b = b[4:]
	if n < 0 {
		return nil, b, true
	}
	if n > int64(len(b)) {
		return nil, nil, false
	}
	return b[:n:n], b[n:], true
}

// nextMessage reads a message of magic 0 or 1, all of which is in b: a record, or
// the wrapper of compressed ones.
func (r *Reader) nextMessage(dst []Record, b []byte) ([]Record, error) {
	if _, err := lastOffset(b); err != nil {
		return dst, err
	}
	m, err := parseMessage(b)
	if err != nil {
		return dst, err
	}
	next := max(r.next, m.offset+1)
	switch {
	case m.codec() != None:
		dst, err = r.nextWrapper(dst, m)
		if n := len(dst); err == nil && n > 0 {
			// After the wrapper's own offset if it is 0; see nextWrapper.
			next = max(next, dst[n-1].Offset+1)
		}
	case m.offset >= r.next:
		dst = append(dst, Record{Offset: m.offset, Timestamp: m.timestamp, Key: m.key, Value: m.value})
	}
	if err != nil {
		return dst, err
	}
	r.next, r.epoch = next, -1
	return dst, nil
}

// nextWrapper appends the messages that a wrapper holds. The offset of the wrapper
// is that of its last message. The offsets of the others are absolute in magic 0,
// and relative to each other in magic 1, with gaps after compaction (KIP-31).
func (r *Reader) nextWrapper(dst []Record, wrapper message) ([]Record, error) {
	switch {
	case wrapper.offset < r.next && wrapper.offset > 0:
		return dst, nil
	case wrapper.codec() == Zstd: // KIP-110: not in message sets
		return dst, unsupportedCodec(Zstd)
	case wrapper.value == nil:
		return dst, corrupt("compressed message without a value")
	}
	set, err := decompress(wrapper.codec(), wrapper.value, r.maxMemory)
	if err != nil {
		return dst, err
	}
	first := len(dst)
	most := first + (r.maxMemory-len(set))/recordMemory
	lastInner := int64(-1)
	for len(set) > posMagic {
		size, err := batchSize(set)
		if err != nil {
			return dst, err
		}
		if size > len(set) {
			break // some producers left part of a message, which brokers ignored
		}
		if set[posMagic] == 2 {
			return dst, unsupportedMagic(2)
		}
		m, err := parseMessage(set[:size:size])
		switch {
		case err != nil:
			return dst, err
		case m.codec() != None:
			return dst, corrupt("compressed message within a compressed message")
		case len(dst) == most:
			return dst, tooLarge{}
		case m.offset <= lastInner:
			return dst, corrupt("message offset out of order")
		case m.magic == 1 && wrapper.magic == 1 && wrapper.attributes&attrLogAppendTime != 0:
			m.timestamp = wrapper.timestamp
		}
		lastInner = m.offset
		dst = append(dst, Record{Offset: m.offset, Timestamp: m.timestamp, Key: m.key, Value: m.value})
		set = set[size:]
	}
	if lastInner < 0 {
		return dst, corrupt("compressed message without messages")
	}
	base := int64(0)
	// A wrapper with offset 0 comes from producers that let the broker assign the
	// offsets: the inner ones then start at 0.
	if wrapper.magic == 1 && wrapper.offset != 0 {
		if base = wrapper.offset - lastInner; base < 0 {
			return dst, corrupt("offset of a compressed message is below that of its last message")
		}
	}
	if lastInner >= math.MaxInt64-base {
		return dst, corrupt("offset out of range")
	}
	for i := first; i < len(dst); i++ {
		dst[i].Offset += base
	}
	below := 0
	for first+below < len(dst) && dst[first+below].Offset < r.next {
		below++
	}
	return slices.Delete(dst, first, first+below), nil
}
