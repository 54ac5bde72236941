package kafka

import (
	"errors"

	"github.com/conduitio/conduit-connector-kafka/internal/progress"
)

// origins finds where records come from by their positions. It has one caller.
type origins struct {
	prefixes[progress.Key, progress.Run]
}

var errNoPosition = errors.New("its position is not one of this connector's source")

// errNoTopicID: records of a topic that is made again would count as written.
var errNoTopicID = errors.New("its position has no topic ID: the source needs Kafka 2.8 or later, and the record must be read by this version of the connector")

// find returns the run and the offset of a record.
func (o *origins) find(position []byte) (*progress.Run, int64, error) {
	if run, offset, ok := o.lookUp(position); ok {
		return run, offset, nil
	}
	pos, err := ParsePosition(position)
	if err != nil || pos.Topic == "" {
		return nil, 0, errors.Join(errNoPosition, err)
	}
	if pos.TopicID == (TopicID{}) {
		return nil, 0, errNoTopicID
	}
	key := progress.Key{Group: pos.GroupID, Topic: pos.Topic, TopicID: pos.TopicID, Partition: pos.Partition}
	return o.learn(key, pos.prefix(), progress.Run{Key: key, LeaderEpoch: pos.LeaderEpoch}), pos.Offset, nil
}
