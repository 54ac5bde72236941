package kafka

import (
	"strconv"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
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
	writers    map[topicPartition]positionWriter
	headers    headerWriter
}

type topicPartition struct {
	topic     string
	partition int32
}

func newRecordMaker(groupID string) *recordMaker {
	return &recordMaker{groupID: groupID, writers: make(map[topicPartition]positionWriter)}
}

// append makes a record of each message in a batch: created, with the raw key
// and value, and where the message lay as metadata. A null key or value is nil
// data, an empty one isn't. A tombstone, which has a null value, may mean that what
// its key names was deleted.
func (m *recordMaker) append(dst []opencdc.Record, b message.Batch, readAt time.Time) []opencdc.Record {
	tp := topicPartition{b.Topic, b.Partition}
	w, ok := m.writers[tp]
	if !ok {
		w = Position{GroupID: m.groupID, Topic: b.Topic, Partition: b.Partition}.writer()
		m.writers[tp] = w
	}
	read := strconv.FormatInt(readAt.UnixNano(), 10)
	partition := strconv.Itoa(int(b.Partition))
	// One allocation for all positions of the batch.
	positions := make([]byte, 0, len(b.Records)*(len(w.prefix)+20))
	for i := range b.Records {
		r := &b.Records[i]
		start := len(positions)
		positions = w.encode(positions, r.Offset)
		shape := shapeOf(r.Headers)
		metadata := make(opencdc.Metadata, 5+shape.fields(len(r.Headers)))
		metadata[opencdc.MetadataCollection] = b.Topic
		metadata[opencdc.MetadataReadAt] = read
		metadata[MetadataPartition] = partition
		metadata[MetadataOffset] = strconv.FormatInt(r.Offset, 10)
		if r.Timestamp >= 0 {
			metadata[opencdc.MetadataCreatedAt] = strconv.FormatInt(r.Timestamp, 10) + "000000" // ms to ns
		}
		m.headers.set(metadata, r.Headers, shape)
		dst = append(dst, opencdc.Record{
			Position:  positions[start:len(positions):len(positions)],
			Operation: opencdc.OperationCreate,
			Metadata:  metadata,
			Key:       opencdc.RawData(r.Key),
			Payload:   opencdc.Change{After: opencdc.RawData(r.Value)},
		})
		if m.tombstones && r.Value == nil {
			dst[len(dst)-1].Operation, dst[len(dst)-1].Payload = opencdc.OperationDelete, opencdc.Change{}
		}
	}
	return dst
}
