package kafka

import (
	"fmt"
	"strconv"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// Metadata that records carry besides Conduit's own.
const (
	MetadataPartition    = "kafka.partition"
	MetadataOffset       = "kafka.offset"
	MetadataHeaderPrefix = "kafka.header."
)

// recordMaker turns messages of one group into records.
type recordMaker struct {
	groupID string
	writers map[topicPartition]positionWriter
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
// data, an empty one isn't.
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
		metadata := make(opencdc.Metadata, 5+len(r.Headers))
		metadata[opencdc.MetadataCollection] = b.Topic
		metadata[opencdc.MetadataReadAt] = read
		metadata[MetadataPartition] = partition
		metadata[MetadataOffset] = strconv.FormatInt(r.Offset, 10)
		if r.Timestamp >= 0 {
			metadata[opencdc.MetadataCreatedAt] = strconv.FormatInt(r.Timestamp, 10) + "000000" // ms to ns
		}
		setHeaders(metadata, r.Headers)
		dst = append(dst, opencdc.Record{
			Position:  positions[start:len(positions):len(positions)],
			Operation: opencdc.OperationCreate,
			Metadata:  metadata,
			Key:       opencdc.RawData(r.Key),
			Payload:   opencdc.Change{After: opencdc.RawData(r.Value)},
		})
	}
	return dst
}

// setHeaders puts headers into metadata as kafka.header.<key>. Where a key
// repeats, that name has the last value, and kafka.header.<key>[0], [1] … have
// all of them in order.
func setHeaders(metadata opencdc.Metadata, headers []recordbatch.Header) {
	if len(headers) == 0 {
		return
	}
	seen := make(map[string]int, len(headers)) // stays on the stack when there are few
	for _, h := range headers {
		name, value := MetadataHeaderPrefix+h.Key, string(h.Value)
		if n := seen[h.Key]; n > 0 {
			if n == 1 {
				metadata[name+"[0]"] = metadata[name]
			}
			metadata[name+"["+strconv.Itoa(n)+"]"] = value
		}
		seen[h.Key]++
		metadata[name] = value
	}
}

// messageMaker turns records into messages.
type messageMaker struct {
	topic topicFunc
	key   keyFunc
	value valueFunc
}

func newMessageMaker(c *DestinationConfig) (*messageMaker, error) {
	topic, err := newTopicFunc(c.Topic)
	if err != nil {
		return nil, err
	}
	value, err := newValueFunc(c.DestinationWithRecordFormat)
	if err != nil {
		return nil, err
	}
	return &messageMaker{topic: topic, key: newKeyFunc(c.RecordFormat), value: value}, nil
}

// append makes a message of each record, up to the first that can't be made
// into one; the error is that record's.
func (m *messageMaker) append(dst []message.Message, records []opencdc.Record) ([]message.Message, error) {
	now := time.Now().UnixMilli()
	for i := range records {
		msg, err := m.make(&records[i], now)
		if err != nil {
			return dst, fmt.Errorf("record %d of the batch (position %q): %w", i, records[i].Position, err)
		}
		dst = append(dst, msg)
	}
	return dst, nil
}

// make turns a panic of a serialiser, of which some know only the types that JSON
// has, into the record's error.
func (m *messageMaker) make(r *opencdc.Record, now int64) (_ message.Message, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("serialize the record: %v", p)
		}
	}()
	topic, err := m.topic(r)
	if err != nil {
		return message.Message{}, err
	}
	key, err := m.key(r)
	if err != nil {
		return message.Message{}, err
	}
	value, err := m.value(r)
	if err != nil {
		return message.Message{}, err
	}
	return message.Message{
		Topic:     topic,
		Partition: message.PartitionAny,
		Record:    recordbatch.Record{Timestamp: now, Key: key, Value: value},
	}, nil
}
