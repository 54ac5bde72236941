package kafka

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// positionJSON is a position as it is written. Each record has one of its own, so what
// nobody needs to read is short.
type positionJSON struct {
	GroupID   string   `json:"groupID"`
	Topic     string   `json:"topic"`
	Partition int32    `json:"partition"`
	Log       *readLog `json:"log,omitempty"`
	Offset    int64    `json:"offset"`
	Others    string   `json:"others,omitempty"`
}

// readLog says which log of the name was read, and by whom: the topic's ID, the leader
// epoch as a varint and, unless all that follows is zero, the member and the assignment as
// a varint without a sign, which is left out if it is zero. Its text is URL-safe Base64.
type readLog struct {
	topicID     TopicID
	leaderEpoch int32
	member      uuid.UUID
	assignment  int64
}

func (l *readLog) MarshalText() ([]byte, error) {
	b := append(make([]byte, 0, 2*len(l.topicID)+binary.MaxVarintLen32), l.topicID[:]...)
	b = binary.AppendVarint(b, int64(l.leaderEpoch))
	if l.member != uuid.Nil || l.assignment != 0 {
		b = append(b, l.member[:]...)
	}
	if l.assignment != 0 {
		b = binary.AppendUvarint(b, uint64(l.assignment))
	}
	return base64.RawURLEncoding.AppendEncode(nil, b), nil
}

var errLog = errors.New("log is not the text of a topic ID, a leader epoch and a member")

func (l *readLog) UnmarshalText(text []byte) error {
	b, err := base64.RawURLEncoding.Strict().DecodeString(string(text))
	if err != nil || len(b) < len(l.topicID) {
		return errLog
	}
	rest := b[copy(l.topicID[:], b):]
	epoch, n := binary.Varint(rest)
	if l.leaderEpoch = int32(epoch); n <= 0 || int64(l.leaderEpoch) != epoch {
		return errLog
	}
	if rest = rest[n:]; len(rest) == 0 {
		return nil
	}
	if len(rest) < len(l.member) {
		return errLog
	}
	if rest = rest[copy(l.member[:], rest):]; len(rest) == 0 {
		return nil
	}
	assignment, n := binary.Uvarint(rest)
	if l.assignment = int64(assignment); n != len(rest) || l.assignment <= 0 {
		return errLog
	}
	return nil
}

func (p *Position) toJSON() []byte {
	j := positionJSON{GroupID: p.GroupID, Topic: p.Topic, Partition: p.Partition, Offset: p.Offset, Others: p.Others}
	if l := (readLog{p.TopicID, p.LeaderEpoch, p.Member, p.Assignment}); l != (readLog{leaderEpoch: -1}) {
		j.Log = &l
	}
	b, err := json.Marshal(j)
	if err != nil {
		panic(fmt.Sprintf("encode position: %v", err)) // strings and integers always encode
	}
	return b
}

func fromJSON(b []byte) (Position, error) {
	var j positionJSON
	if err := json.Unmarshal(b, &j); err != nil { // names match in any case
		return Position{}, err
	}
	l := readLog{leaderEpoch: -1}
	if j.Log != nil {
		l = *j.Log
	}
	return Position{j.GroupID, j.Topic, j.Partition, l.topicID, l.leaderEpoch, l.member, l.assignment, j.Offset, j.Others}, nil
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

// member returns what Kafka appended to the client ID to get a member's ID; zero where a
// broker has made the ID in another way.
func (c *SourceConfig) member(id string) uuid.UUID {
	text, found := strings.CutPrefix(id, c.ClientID+"-")
	if member, err := uuid.Parse(text); found && err == nil && member.String() == text {
		return member
	}
	return uuid.Nil
}

// memberID is the reverse of member.
func (c *SourceConfig) memberID(member uuid.UUID) string {
	if member == uuid.Nil {
		return ""
	}
	return c.ClientID + "-" + member.String()
}
