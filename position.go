package kafka

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/position"
)

// Position identifies one record. Where reading resumes after a restart is
// decided by the offsets that the consumer group committed; the position brings
// the group's ID back, and tells up to where Conduit had acknowledged records
// when the commit was lost with the process: those that were read before it, in all
// partitions, since Conduit acknowledges in the order of reading.
type Position struct {
	GroupID   string `json:"groupID"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	// TopicID tells the topic from others of the same name, before and after it; zero
	// where the brokers don't know it (before Kafka 2.8).
	TopicID TopicID `json:"topicID,omitzero"`
	// LeaderEpoch tells the record from another that may have had its offset before an
	// unclean leader election; -1 where it is unknown.
	LeaderEpoch int32 `json:"leaderEpoch"`
	// MemberID is the group's member that read the record. If its process was killed, the
	// next one takes it out of the group. "" where there is nothing to take out.
	MemberID string `json:"memberID,omitempty"`
	Offset   int64  `json:"offset"`
	// Others says how far the other partitions had been read, as far as the group had not
	// committed it. Only the last record of what ReadN returns has it, and of the partitions
	// those that were read last if the text would get too long (see maxOthers).
	Others string `json:"others,omitempty"`
}

// TopicID identifies a topic. Its text is the one that Kafka's tools show.
type TopicID [16]byte

// MarshalText returns the URL-safe Base64 of the ID.
func (t TopicID) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, t[:]), nil
}

// UnmarshalText reads what MarshalText returns.
func (t *TopicID) UnmarshalText(text []byte) error {
	id, err := base64.RawURLEncoding.Strict().DecodeString(string(text))
	if err != nil || len(id) != len(t) {
		return fmt.Errorf("topicID %q is not the ID of a topic", text)
	}
	copy(t[:], id)
	return nil
}

// ParsePosition reads a position in any form that a Kafka connector for Conduit
// has written: this one's JSON, also of versions that knew neither topic ID nor leader
// epoch, JSON with capitalised names, or the bare group ID (then the topic is empty).
func ParsePosition(p opencdc.Position) (Position, error) {
	if len(p) == 0 {
		return Position{}, errors.New("parse position: it is empty")
	}
	if p[0] != '{' {
		return Position{GroupID: string(p), LeaderEpoch: -1}, nil
	}
	pos := Position{LeaderEpoch: -1}
	if err := json.Unmarshal(p, &pos); err != nil { // names match in any case
		return Position{}, fmt.Errorf("parse position %q: %w", p, err)
	}
	if pos.GroupID == "" {
		return Position{}, fmt.Errorf("parse position %q: it has no groupID", p)
	}
	if _, err := position.Parse(pos.Others); err != nil {
		return Position{}, fmt.Errorf("parse position %q: others: %w", p, err)
	}
	return pos, nil
}

// Encode writes the position as JSON.
func (p Position) Encode() opencdc.Position {
	short := p.prefix().Append(nil, strconv.FormatInt(p.Offset, 10))
	return withOthers(short, p.Others)
}

// othersField begins the field in JSON.
const othersField = `,"others":"`

// withOthers adds the field to a position that lacks it, unless it is empty.
func withOthers(short opencdc.Position, others string) opencdc.Position {
	if others == "" {
		return short
	}
	out := make(opencdc.Position, 0, len(short)+len(othersField)+len(others)+1)
	out = append(out, short[:len(short)-1]...)
	out = append(out, othersField...)
	out = append(out, others...)
	return append(out, `"}`...)
}

// withoutOthers returns a position up to the closing brace and without the field.
func withoutOthers(p opencdc.Position) (open opencdc.Position, ok bool) {
	if i := bytes.LastIndexByte(bytes.TrimSuffix(p, []byte(`"}`)), '"') + 1; bytes.HasSuffix(p, []byte(`"}`)) && bytes.HasSuffix(p[:i], []byte(othersField)) {
		return p[:i-len(othersField)], true
	}
	return bytes.CutSuffix(p, []byte("}"))
}

// prefix is what the positions of all records of the partition begin with, so that it
// is encoded once.
func (p Position) prefix() convert.PositionPrefix {
	p.Offset, p.Others = 0, ""
	b, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("encode position: %v", err)) // strings and integers always encode
	}
	return bytes.TrimSuffix(b, []byte("0}"))
}

// places are how far partitions were read, the last one first.
func (p Position) places() []position.Place {
	if p.Topic == "" {
		return nil
	}
	own := position.Place{
		TopicPartition: message.TopicPartition{Topic: p.Topic, Partition: p.Partition},
		TopicID:        p.TopicID, LeaderEpoch: p.LeaderEpoch, Next: p.Offset + 1,
	}
	others, _ := position.Parse(p.Others) // ParsePosition refuses what is wrong there
	return append([]position.Place{own}, others...)
}

// record is the one that the position identifies.
func (p Position) record() consumer.Record {
	return consumer.Record{Topic: p.Topic, Partition: p.Partition, TopicID: p.TopicID, LeaderEpoch: p.LeaderEpoch, Offset: p.Offset}
}
