package convert

import (
	"strconv"
	"strings"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/rawdata"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/unzeroed"
)

// Metadata that records carry besides Conduit's own. For that of headers see
// headers.go.
const (
	MetadataPartition = "kafka.partition"
	MetadataOffset    = "kafka.offset"
	// MetadataTopicConfigs says what the record's topic is like: JSON with the topic's
	// name, its partitions and its configuration. Some records have it, where it is asked for.
	MetadataTopicConfigs = "kafka.topicConfigs"
)

// Records turns messages into records. It has one caller at a time.
type Records struct {
	tombstones bool // null values are deletes
	prefix     func(*message.Batch) PositionPrefix
	positions  map[message.TopicPartition]logPositions
	headers    headersToMetadata
	numbers    numbers
	createdAt  cachedTime
	decoding   *Decoding // nil: keys and values stay raw
	extras     Extras
}

// logPositions begins the positions of a partition, as long as these stay the same.
type logPositions struct {
	topicID     [16]byte
	leaderEpoch int32
	assignment  int64
	prefix      PositionPrefix
}

// PositionPrefix is a position in JSON up to the offset, its last field: the same for
// all records that a leader of a partition took and one assignment of it read.
type PositionPrefix []byte

// Append appends to buf the position of an offset, which is given in decimal.
func (p PositionPrefix) Append(buf []byte, offset string) []byte {
	buf = append(buf, p...)
	buf = append(buf, offset...)
	return append(buf, '}')
}

// NewRecords returns what turns messages into records with positions that begin with the
// prefix of their batch. With tombstones a null value means that the key was deleted.
func NewRecords(tombstones bool, prefix func(*message.Batch) PositionPrefix) *Records {
	return &Records{tombstones: tombstones, prefix: prefix, positions: make(map[message.TopicPartition]logPositions)}
}

// ForgetPositions asks for the prefix of each partition again: what it says of all of them
// has changed.
func (m *Records) ForgetPositions() { clear(m.positions) }

// prefixOf returns what the positions of a batch's records begin with.
func (m *Records) prefixOf(b *message.Batch) PositionPrefix {
	tp := message.TopicPartition{Topic: b.Topic, Partition: b.Partition}
	p, ok := m.positions[tp]
	if !ok || p.topicID != b.TopicID || p.leaderEpoch != b.LeaderEpoch || p.assignment != b.Assignment {
		p = logPositions{b.TopicID, b.LeaderEpoch, b.Assignment, m.prefix(b)}
		m.positions[tp] = p
	}
	return p.prefix
}

// Append makes a record of each message in a batch: created, with the raw key
// and value, and where the message lay as metadata. A null key or value is nil
// data, an empty one isn't. A tombstone, which has a null value, may mean that what
// its key names was deleted.
//
// It stops where the records take more than room bytes, unless there is no other in dst,
// and returns the room that is left.
func (m *Records) Append(dst []opencdc.Record, b message.Batch, readAt time.Time, room int) ([]opencdc.Record, int) {
	if len(b.Records) == 0 {
		return dst, room
	}
	if b.TopicConfigs == "" {
		return m.append(dst, &b, readAt, room)
	}
	start := len(dst)
	dst, room = m.append(dst, &b, readAt, room-fieldFraming-len(MetadataTopicConfigs)-len(b.TopicConfigs))
	if len(dst) > start {
		dst[start].Metadata[MetadataTopicConfigs] = b.TopicConfigs
	}
	return dst, room
}

func (m *Records) append(dst []opencdc.Record, b *message.Batch, readAt time.Time, room int) ([]opencdc.Record, int) {
	prefix := m.prefixOf(b)
	// A copy of a small map is cheaper than a map that is filled field by field.
	template := opencdc.Metadata{
		opencdc.MetadataCollection: b.Topic,
		opencdc.MetadataReadAt:     strconv.FormatInt(readAt.UnixNano(), 10),
		MetadataPartition:          strconv.Itoa(int(b.Partition)),
		MetadataOffset:             "",
	}
	common := b.Records[0].Timestamp // of most records, often
	if common >= 0 {
		template[opencdc.MetadataCreatedAt] = m.createdAt.text(&m.numbers, common)
	}
	m.extras.ofBatch(template, b)
	// One allocation for all positions of the batch: no offset has more digits than the last.
	last := len(m.numbers.text(b.Records[len(b.Records)-1].Offset, ""))
	positions := unzeroed.Bytes(len(b.Records) * (len(prefix) + last + 1))[:0]
	// All but offset, key and value is of the same size in each record without headers.
	size := recordFraming + len(prefix) + 1 + metadataSize(template) + fieldFraming + len(opencdc.MetadataCreatedAt) + 20
	data := rawdata.New(2 * len(b.Records))
	for i := range b.Records {
		r := &b.Records[i]
		start, offset := len(positions), m.numbers.text(r.Offset, "")
		positions = prefix.Append(positions, offset)
		metadata := m.headers.over(template, r.Headers)
		metadata[MetadataOffset] = offset
		if m.extras.sizes {
			m.extras.ofRecord(metadata, r)
		}
		switch {
		case r.Timestamp == common:
		case r.Timestamp >= 0:
			metadata[opencdc.MetadataCreatedAt] = m.createdAt.text(&m.numbers, r.Timestamp)
		default:
			delete(metadata, opencdc.MetadataCreatedAt)
		}
		dst = append(dst, opencdc.Record{
			Position:  positions[start:len(positions):len(positions)],
			Operation: opencdc.OperationCreate,
			Metadata:  metadata,
			Key:       data.Box(r.Key),
			Payload:   opencdc.Change{After: data.Box(r.Value)},
		})
		if m.tombstones && r.Value == nil {
			dst[len(dst)-1].Operation, dst[len(dst)-1].Payload = opencdc.OperationDelete, opencdc.Change{}
		}
		if len(r.Headers) == 0 && !m.extras.sizes {
			room -= size + 2*len(offset) + len(r.Key) + len(r.Value)
		} else {
			room -= SizeOf(&dst[len(dst)-1])
		}
		if room < 0 && len(dst) > 1 {
			return dst[:len(dst)-1], 0
		}
	}
	return dst, max(room, 0)
}

// numbers makes texts of numbers, many in one allocation.
type numbers struct{ chunk strings.Builder }

func (n *numbers) text(v int64, suffix string) string {
	const size, longest = 4 << 10, 20
	if n.chunk.Cap()-n.chunk.Len() < longest+len(suffix) {
		n.chunk = strings.Builder{}
		n.chunk.Grow(size)
	}
	var digits [longest]byte
	start := n.chunk.Len()
	n.chunk.Write(strconv.AppendInt(digits[:0], v, 10))
	n.chunk.WriteString(suffix)
	return n.chunk.String()[start:]
}

// cachedTime makes texts of times. Messages of one batch often have the same one.
type cachedTime struct {
	ms   int64
	last string
}

func (c *cachedTime) text(n *numbers, ms int64) string {
	if c.last == "" || ms != c.ms {
		c.ms, c.last = ms, n.text(ms, "000000") // ms to ns
	}
	return c.last
}
