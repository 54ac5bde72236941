package progress

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// Key says whose progress it is: that of a destination in a partition that a group reads.
type Key struct {
	ID        string // of the destination: where it writes
	Group     string
	Topic     string
	TopicID   [16]byte // zero: unknown
	Partition int32
}

// Mark is how far a partition of the source was written.
type Mark struct {
	Offset int64 `json:"offset"` // that of the last record; -1: nothing was written
	Count  int   `json:"count"`  // how many records at that offset are done
	// LeaderEpoch is that of the last record, -1 if unknown. A record of a later leader at
	// an earlier offset is another one than was written: leaders that were not in sync have
	// lost records.
	LeaderEpoch int32 `json:"leaderEpoch"`
}

func (m Mark) spot() Spot { return Spot{m.Offset, m.Count} }

// Progress is a mark, and what was not written of the records before it.
type Progress struct {
	Mark
	Failed holes `json:"failed,omitempty"`
}

// nothing is the mark of a partition of which nothing is known.
var nothing = Mark{Offset: -1, LeaderEpoch: -1}

var none = Progress{Mark: nothing}

// before reports whether a mark comes before a place: what lies at a later offset was not
// written, whatever its leader epoch, nor what a later leader has at another one.
func (m Mark) before(place Mark) bool {
	return m.spot().before(place.spot()) || m.LeaderEpoch >= 0 && place.LeaderEpoch > m.LeaderEpoch
}

// keyJSON is a key as it is written. Operators read it.
type keyJSON struct {
	ID        string `json:"to"`
	Group     string `json:"group"`
	Topic     string `json:"topic"`
	TopicID   string `json:"topicID,omitempty"` // as Kafka's tools show it
	Partition int32  `json:"partition"`
}

// message makes a message of progress.
func (k Key) message(topic string, p Progress, timestamp int64) (message.Message, error) {
	j := keyJSON{ID: k.ID, Group: k.Group, Topic: k.Topic, Partition: k.Partition}
	if k.TopicID != [16]byte{} {
		j.TopicID = base64.RawURLEncoding.EncodeToString(k.TopicID[:])
	}
	key, err := json.Marshal(j)
	if err != nil {
		return message.Message{}, err
	}
	value, err := json.Marshal(p)
	if err != nil {
		return message.Message{}, err
	}
	return message.Message{Topic: topic, Partition: 0, Record: recordbatch.Record{Key: key, Value: value, Timestamp: timestamp}}, nil
}

// parse is the reverse of message.
func parse(key, value []byte) (Key, Progress, error) {
	var j keyJSON
	if err := json.Unmarshal(key, &j); err != nil {
		return Key{}, none, fmt.Errorf("key %.200q: %w", key, err)
	}
	k := Key{ID: j.ID, Group: j.Group, Topic: j.Topic, Partition: j.Partition}
	if j.TopicID != "" {
		id, err := base64.RawURLEncoding.DecodeString(j.TopicID)
		if err != nil || len(id) != len(k.TopicID) {
			return Key{}, none, fmt.Errorf("key %.200q: topicID is not the ID of a topic", key)
		}
		copy(k.TopicID[:], id)
	}
	if value == nil { // somebody has deleted it
		return k, none, nil
	}
	p := none
	if err := json.Unmarshal(value, &p); err != nil {
		return Key{}, none, fmt.Errorf("value %.200q: %w", value, err)
	}
	if len(p.Failed) == 0 {
		p.Failed = nil
	}
	return k, p, nil
}
