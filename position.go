package kafka

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/conduitio/conduit-commons/opencdc"
)

// Position identifies one record. Where reading resumes after a restart is
// decided by the offsets that the consumer group committed; the position brings
// the group's ID back, and tells up to where Conduit had acknowledged records
// when the commit was lost with the process.
type Position struct {
	GroupID   string `json:"groupID"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
}

// ParsePosition reads a position in any form that a Kafka connector for Conduit
// has written: this one's JSON, JSON with capitalised names, or the bare group
// ID (then the topic is empty).
func ParsePosition(p opencdc.Position) (Position, error) {
	if len(p) == 0 {
		return Position{}, errors.New("parse position: it is empty")
	}
	if p[0] != '{' {
		return Position{GroupID: string(p)}, nil
	}
	var pos Position
	if err := json.Unmarshal(p, &pos); err != nil { // names match in any case
		return Position{}, fmt.Errorf("parse position %q: %w", p, err)
	}
	if pos.GroupID == "" {
		return Position{}, fmt.Errorf("parse position %q: it has no groupID", p)
	}
	return pos, nil
}

// Encode writes the position as JSON.
func (p Position) Encode() opencdc.Position {
	return p.writer().encode(nil, strconv.FormatInt(p.Offset, 10))
}

// positionWriter encodes the positions of one partition. All but the offset is
// the same in each, so it is encoded once.
type positionWriter struct{ prefix []byte }

func (p Position) writer() positionWriter {
	p.Offset = 0
	b, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("encode position: %v", err)) // strings and integers always encode
	}
	return positionWriter{bytes.TrimSuffix(b, []byte("0}"))}
}

// encode appends the position of an offset, given in decimal, to buf.
func (w positionWriter) encode(buf []byte, offset string) []byte {
	buf = append(buf, w.prefix...)
	buf = append(buf, offset...)
	return append(buf, '}')
}

// positionReader parses positions that a positionWriter wrote without looking at
// each byte again: the part before the offset is the same for a whole partition.
type positionReader struct {
	known map[string]*knownPrefix
	last  *knownPrefix // records come in runs of one partition
}

// knownPrefix is what positions of a partition begin with, and what it says.
type knownPrefix struct {
	prefix   string
	position Position
}

func (r *positionReader) parse(p opencdc.Position) (Position, error) {
	cut := bytes.LastIndexByte(p, ':') + 1
	k := r.last
	if k == nil || k.prefix != string(p[:cut]) {
		k = r.known[string(p[:cut])]
	}
	if k != nil {
		r.last = k
		pos, ok := k.position, false
		if pos.Offset, ok = parseOffset(p[cut:]); ok {
			return pos, nil
		}
	}
	pos, err := ParsePosition(p)
	if err == nil && bytes.Equal(pos.writer().prefix, p[:cut]) {
		if r.known == nil {
			r.known = make(map[string]*knownPrefix)
		}
		k := &knownPrefix{string(p[:cut]), pos}
		r.known[k.prefix] = k
	}
	return pos, err
}

// parseOffset reads digits and the closing brace, no other form of a number.
func parseOffset(b []byte) (int64, bool) {
	digits, ok := bytes.CutSuffix(b, []byte("}"))
	if !ok || len(digits) == 0 || len(digits) > 18 || digits[0] == '0' && len(digits) > 1 {
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
