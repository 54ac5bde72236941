package kafka

import (
	"strconv"
	"strings"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/rawdata"
)

// Metadata that records carry besides Conduit's own. For that of headers see
// headers.go.
const (
	MetadataPartition = "kafka.partition"
	MetadataOffset    = "kafka.offset"
)

// recordMaker turns messages of one group into records.
type recordMaker struct {
	groupID    string
	tombstones bool // null values are deletes
	positions  map[topicPartition]logPositions
	headers    headerWriter
	numbers    numbers
	createdAt  cachedTime
}

type topicPartition struct {
	topic     string
	partition int32
}

// logPositions writes the positions of a partition, as long as these stay the same.
type logPositions struct {
	topicID     TopicID
	leaderEpoch int32
	positionWriter
}

func newRecordMaker(groupID string) *recordMaker {
	return &recordMaker{groupID: groupID, positions: make(map[topicPartition]logPositions)}
}

// positionsOf returns what writes the positions of a batch's records.
func (m *recordMaker) positionsOf(b *message.Batch) positionWriter {
	tp := topicPartition{b.Topic, b.Partition}
	w, ok := m.positions[tp]
	if !ok || w.topicID != b.TopicID || w.leaderEpoch != b.LeaderEpoch {
		p := Position{GroupID: m.groupID, Topic: b.Topic, Partition: b.Partition, TopicID: b.TopicID, LeaderEpoch: b.LeaderEpoch}
		w = logPositions{b.TopicID, b.LeaderEpoch, p.writer()}
		m.positions[tp] = w
	}
	return w.positionWriter
}

// append makes a record of each message in a batch: created, with the raw key
// and value, and where the message lay as metadata. A null key or value is nil
// data, an empty one isn't. A tombstone, which has a null value, may mean that what
// its key names was deleted.
func (m *recordMaker) append(dst []opencdc.Record, b message.Batch, readAt time.Time) []opencdc.Record {
	if len(b.Records) == 0 {
		return dst
	}
	w := m.positionsOf(&b)
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
	// One allocation for all positions of the batch.
	positions := make([]byte, 0, len(b.Records)*(len(w.prefix)+20))
	data := rawdata.New(2 * len(b.Records))
	for i := range b.Records {
		r := &b.Records[i]
		start, offset := len(positions), m.numbers.text(r.Offset, "")
		positions = w.encode(positions, offset)
		metadata := m.headers.over(template, r.Headers)
		metadata[MetadataOffset] = offset
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
	}
	return dst
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
