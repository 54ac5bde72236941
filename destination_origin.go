package kafka

import (
	"bytes"
	"errors"

	"github.com/conduitio/conduit-connector-kafka/internal/progress"
)

// origins finds where records come from by their positions without looking at each byte
// again, as positionReader does. It has one caller.
type origins struct {
	known map[string]*origin
	of    map[progress.Key]*origin // the last one of each: an earlier one hardly comes again
	last  *origin
}

// origin is what positions begin with, and what it says.
type origin struct {
	prefix string
	run    progress.Run
}

var errNoPosition = errors.New("its position is not one of this connector's source")

// errNoTopicID: records of a topic that is made again would count as written.
var errNoTopicID = errors.New("its position has no topic ID: the source needs Kafka 2.8 or later, and the record must be read by this version of the connector")

// find returns the run and the offset of a record.
func (o *origins) find(position []byte) (*progress.Run, int64, error) {
	open, closed := withoutOthers(position)
	cut := bytes.LastIndexByte(open, ':') + 1
	k := o.last
	if k == nil || k.prefix != string(position[:cut]) {
		k = o.known[string(position[:cut])]
	}
	if k != nil && closed {
		if offset, ok := parseOffset(open[cut:]); ok {
			o.last = k
			return &k.run, offset, nil
		}
	}
	pos, err := ParsePosition(position)
	if err != nil || pos.Topic == "" {
		return nil, 0, errors.Join(errNoPosition, err)
	}
	if pos.TopicID == (TopicID{}) {
		return nil, 0, errNoTopicID
	}
	k = &origin{prefix: string(pos.prefix()), run: progress.Run{
		Key:         progress.Key{Group: pos.GroupID, Topic: pos.Topic, TopicID: pos.TopicID, Partition: pos.Partition},
		LeaderEpoch: pos.LeaderEpoch,
	}}
	if known := o.known[k.prefix]; known != nil { // a position in another form of JSON
		return &known.run, pos.Offset, nil
	}
	o.learn(k)
	return &k.run, pos.Offset, nil
}

func (o *origins) learn(k *origin) {
	if o.known == nil {
		o.known, o.of = make(map[string]*origin), make(map[progress.Key]*origin)
	}
	if old := o.of[k.run.Key]; old != nil {
		delete(o.known, old.prefix)
	}
	o.known[k.prefix], o.of[k.run.Key] = k, k
}
