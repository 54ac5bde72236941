package kafka

import (
	"bytes"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// positionReader finds the records of positions that the source wrote. It has one caller.
type positionReader struct {
	prefixes[message.TopicPartition, consumer.Record]
}

func (r *positionReader) parse(p opencdc.Position) (consumer.Record, error) {
	if known, offset, ok := r.lookUp(p); ok {
		record := *known
		record.Offset = offset
		return record, nil
	}
	pos, err := ParsePosition(p)
	if err != nil {
		return consumer.Record{}, err
	}
	r.learn(message.TopicPartition{Topic: pos.Topic, Partition: pos.Partition}, pos.prefix(), pos.record())
	return pos.record(), nil
}

// prefixes finds what positions say without looking at each byte again: the part before
// the offset is the same for a whole partition, until that gets another leader.
type prefixes[K comparable, V any] struct {
	known map[string]*knownPrefix[V]
	of    map[K]*knownPrefix[V] // the last one of each: an earlier one hardly comes again
	last  *knownPrefix[V]       // records come in runs of one partition
}

// knownPrefix is what positions begin with, and what it says.
type knownPrefix[V any] struct {
	prefix string
	says   V
}

// lookUp returns what the prefix of a position says, if that is known, and the offset.
func (r *prefixes[K, V]) lookUp(p opencdc.Position) (*V, int64, bool) {
	if k := r.last; k != nil && len(p) > len(k.prefix) && p[len(p)-1] == '}' && string(p[:len(k.prefix)]) == k.prefix {
		if offset, ok := parseOffset(p[len(k.prefix) : len(p)-1]); ok {
			return &k.says, offset, true
		}
	}
	open, closed := withoutOthers(p)
	cut := bytes.LastIndexByte(open, ':') + 1
	k := r.last
	if k == nil || k.prefix != string(p[:cut]) {
		k = r.known[string(p[:cut])]
	}
	if k == nil || !closed {
		return nil, 0, false
	}
	r.last = k
	offset, ok := parseOffset(open[cut:])
	return &k.says, offset, ok
}

// learn notes what a prefix says, unless it is known: its position had another form of
// JSON. It returns what is known.
func (r *prefixes[K, V]) learn(of K, prefix convert.PositionPrefix, says V) *V {
	if k := r.known[string(prefix)]; k != nil {
		return &k.says
	}
	if r.known == nil {
		r.known, r.of = make(map[string]*knownPrefix[V]), make(map[K]*knownPrefix[V])
	}
	if old := r.of[of]; old != nil {
		delete(r.known, old.prefix)
	}
	k := &knownPrefix[V]{string(prefix), says}
	r.known[k.prefix], r.of[of] = k, k
	return &k.says
}

// parseOffset reads digits, no other form of a number.
func parseOffset(digits []byte) (int64, bool) {
	if len(digits) == 0 || len(digits) > 18 || digits[0] == '0' && len(digits) > 1 {
		return 0, false
	}
	var n int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}
