package group

import (
	"encoding/binary"
	"errors"
	"slices"
)

// The bytes that members of a consumer group exchange through the coordinator:
// ConsumerProtocolSubscription and ConsumerProtocolAssignment in Kafka's
// message definitions. Later versions only append fields, so whatever follows
// the known ones is ignored.

// subscription is what a member tells the leader.
type subscription struct {
	topics     []string
	userData   []byte
	owned      Partitions // version 1 (KIP-429)
	generation int32      // version 2 (KIP-792); -1 when unknown
}

func (s subscription) encode(version int16) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(version))
	b = binary.BigEndian.AppendUint32(b, uint32(len(s.topics)))
	for _, t := range s.topics {
		b = appendString(b, t)
	}
	b = appendBytes(b, s.userData)
	if version >= 1 {
		b = appendPartitions(b, s.owned)
	}
	if version >= 2 {
		b = binary.BigEndian.AppendUint32(b, uint32(s.generation))
	}
	return b
}

func decodeSubscription(b []byte) (subscription, error) {
	r := reader{b: b}
	s := subscription{generation: -1}
	version := r.int16()
	for range r.count() {
		s.topics = append(s.topics, r.string())
	}
	s.userData = r.bytes()
	// kafka-go claims version 1 and leaves its field out.
	if version >= 1 && len(r.b) > 0 {
		s.owned = r.partitions()
	}
	if version >= 2 && len(r.b) > 0 {
		s.generation = r.int32()
	}
	return s, r.err
}

func encodeAssignment(p Partitions) []byte {
	b := binary.BigEndian.AppendUint16(nil, 0)
	b = appendPartitions(b, p)
	return appendBytes(b, nil)
}

func decodeAssignment(b []byte) (Partitions, error) {
	if len(b) == 0 {
		return Partitions{}, nil
	}
	r := reader{b: b}
	_ = r.int16()
	p := r.partitions()
	return p, r.err
}

func appendString(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
	return append(b, s...)
}

func appendBytes(b, data []byte) []byte {
	if data == nil {
		return binary.BigEndian.AppendUint32(b, ^uint32(0))
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	return append(b, data...)
}

func appendPartitions(b []byte, p Partitions) []byte {
	topics := p.Topics()
	b = binary.BigEndian.AppendUint32(b, uint32(len(topics)))
	for _, t := range topics {
		b = appendString(b, t)
		b = binary.BigEndian.AppendUint32(b, uint32(len(p[t])))
		for _, id := range p[t] {
			b = binary.BigEndian.AppendUint32(b, uint32(id))
		}
	}
	return b
}

var errShort = errors.New("the bytes end early")

// reader reads big-endian fields; after the first error everything is zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n int) []byte {
	if r.err != nil || n < 0 || n > len(r.b) {
		r.err = errShort
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) int16() int16 {
	if b := r.take(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *reader) int32() int32 {
	if b := r.take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

// count reads the length of an array whose items take at least two bytes each.
func (r *reader) count() int {
	n := int(r.int32())
	if n < 0 {
		return 0
	}
	if n > len(r.b)/2 {
		r.err = errShort
		return 0
	}
	return n
}

func (r *reader) string() string { return string(r.take(int(r.int16()))) }

func (r *reader) bytes() []byte {
	n := int(r.int32())
	if n < 0 {
		return nil
	}
	return slices.Clone(r.take(n))
}

func (r *reader) partitions() Partitions {
	p := Partitions{}
	for range r.count() {
		topic := r.string()
		for range r.count() {
			p[topic] = append(p[topic], r.int32())
		}
	}
	return p
}
