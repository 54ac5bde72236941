package kafka

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/google/uuid"

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
	GroupID   string
	Topic     string
	Partition int32
	// TopicID tells the topic from others of the same name, before and after it; zero
	// where the brokers don't know it (before Kafka 2.8).
	TopicID TopicID
	// LeaderEpoch tells the record from another that may have had its offset before an
	// unclean leader election; -1 where it is unknown.
	LeaderEpoch int32
	// Member is that of the group which read the record: what Kafka appends to the client ID
	// to get the member's ID. If its process was killed, the next one takes it out of the
	// group. Zero where there is nothing to take out.
	Member uuid.UUID
	// Assignment counts, within the source, how often it was assigned partitions until it
	// read the record; zero where it is unknown. A record that is read again has another one,
	// or another member. Those that a processor makes of one record share it.
	Assignment int64
	Offset     int64
	// Others says how far the other partitions had been read, as far as the group had not
	// committed it. Only the last record of what ReadN returns has it, and of the partitions
	// those that were read last if the text would get too long (see maxOthers).
	Others string
}

// ParsePosition reads a position in any form that a Kafka connector for Conduit
// has written: this one's JSON, also of versions that knew neither topic ID nor leader
// epoch nor member, JSON with capitalised names, or the bare group ID (then the topic is empty).
func ParsePosition(p opencdc.Position) (Position, error) {
	if len(p) == 0 {
		return Position{}, errors.New("parse position: it is empty")
	}
	if p[0] != '{' {
		return Position{GroupID: string(p), LeaderEpoch: -1}, nil
	}
	pos, err := fromJSON(p)
	if err != nil {
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
	return bytes.TrimSuffix(p.toJSON(), []byte("0}"))
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
