package group

import (
	"encoding/binary"
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
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
	r := primitive.NewReader(b)
	s := subscription{generation: -1}
	version := r.Int16()
	for range r.Count(minItem) {
		s.topics = append(s.topics, r.String())
	}
	s.userData = slices.Clone(r.Bytes())
	// kafka-go claims version 1 and leaves its field out.
	if version >= 1 && r.Len() > 0 {
		s.owned = readPartitions(r)
	}
	if version >= 2 && r.Len() > 0 {
		s.generation = r.Int32()
	}
	return s, r.Err()
}

// encodePrevious is the user data of a member that offers sticky: what it was
// assigned, and in which generation. Kafka's StickyAssignor has it as
// StickyAssignorUserData, version 1; version 0 had no generation.
func encodePrevious(p Partitions, generation int32) []byte {
	return binary.BigEndian.AppendUint32(appendPartitions(nil, p), uint32(generation))
}

// decodePrevious reads what another client may have written: garbage counts as
// nothing, and costs no more than stickiness.
func decodePrevious(b []byte) (p Partitions, generation int32) {
	generation = -1
	if len(b) == 0 {
		return Partitions{}, generation
	}
	r := primitive.NewReader(b)
	p = readPartitions(r)
	if r.Len() > 0 {
		generation = r.Int32()
	}
	if r.Err() != nil {
		return Partitions{}, -1
	}
	return p, generation
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
	r := primitive.NewReader(b)
	_ = r.Int16()
	p := readPartitions(r)
	return p, r.Err()
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

// minItem is the size of the smallest item of an array here, an empty topic.
const minItem = 2

func readPartitions(r *primitive.Reader) Partitions {
	p := Partitions{}
	for range r.Count(minItem) {
		topic := r.String()
		for range r.Count(minItem) {
			p[topic] = append(p[topic], r.Int32())
		}
	}
	return p
}
