package kafka

import (
	"bytes"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// positionReader finds the records of positions that the source wrote without looking at
// each byte again: the part before the offset is the same for a whole partition, until
// that gets another leader. It has one caller.
type positionReader struct {
	known map[string]*knownPrefix
	of    map[message.TopicPartition]*knownPrefix // the last one of each: none comes again
	last  *knownPrefix                            // records come in runs of one partition
}

// knownPrefix is what positions of a partition begin with, and what it says.
type knownPrefix struct {
	prefix string
	record consumer.Record
}

func (r *positionReader) parse(p opencdc.Position) (consumer.Record, error) {
	open, closed := withoutOthers(p)
	cut := bytes.LastIndexByte(open, ':') + 1
	k := r.last
	if k == nil || k.prefix != string(p[:cut]) {
		k = r.known[string(p[:cut])]
	}
	if k != nil && closed {
		r.last = k
		record, ok := k.record, false
		if record.Offset, ok = parseOffset(open[cut:]); ok {
			return record, nil
		}
	}
	pos, err := ParsePosition(p)
	if err != nil {
		return consumer.Record{}, err
	}
	if bytes.Equal(pos.prefix(), p[:cut]) {
		r.learn(&knownPrefix{string(p[:cut]), pos.record()})
	}
	return pos.record(), nil
}

func (r *positionReader) learn(k *knownPrefix) {
	if r.known == nil {
		r.known, r.of = make(map[string]*knownPrefix), make(map[message.TopicPartition]*knownPrefix)
	}
	tp := message.TopicPartition{Topic: k.record.Topic, Partition: k.record.Partition}
	if old := r.of[tp]; old != nil {
		delete(r.known, old.prefix)
	}
	r.known[k.prefix], r.of[tp] = k, k
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
