package convert

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/opencdcjson"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/printable"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// messageMaker turns records into messages. It is for one goroutine.
type messageMaker struct {
	topic     textFunc
	partition partitionFunc
	timestamp timestampFunc
	key       keyFunc
	value     valueFunc
	headers   *headersFromMetadata

	encodeKey, encodeValue encoder // in place of key and value; nil: by these

	// Memory of all messages of one make, reused.
	batchHeaders []recordbatch.Header
	json         *opencdcjson.Encoder
}

// newMessageMaker reports everything that is wrong with the settings at once.
func newMessageMaker(c Config) (*messageMaker, error) {
	topic, topicErr := newTopicFunc(c.Topic, topicRules{setting.List(c.AllowedTopics), c.ProgressTopic})
	partition, partitionErr := newPartitionFunc(c)
	timestamp, timestampErr := newTimestampFunc(c.Timestamp)
	key, keyErr := newKeyFunc(c)
	json := &opencdcjson.Encoder{Prefix: headerFamily}
	value, valueErr := newValueFunc(c, json)
	headers, headersErr := newHeadersFromMetadata(c)
	encodeKey, encodeKeyErr := newKeyEncoder(c)
	encodeValue, encodeValueErr := newValueEncoder(c)
	m := &messageMaker{topic: topic, partition: partition, timestamp: timestamp, key: key, value: value, headers: headers, json: json, encodeKey: encodeKey, encodeValue: encodeValue}
	return m, errors.Join(topicErr, partitionErr, timestampErr, keyErr, valueErr, headersErr, encodeKeyErr, encodeValueErr, checkSchemas(c))
}

// make makes a message of each record, up to the first that can't be made into one.
// It returns how many it made, and the error of the one after them.
func (m *messageMaker) make(ctx context.Context, dst []message.Message, records []opencdc.Record, now int64) (int, error) {
	for i := range records {
		if err := m.makeOne(ctx, &dst[i], &records[i], now); err != nil {
			return i, err
		}
	}
	return len(records), nil
}

// release is Converted.Release.
func (m *messageMaker) release(written bool) {
	if written {
		m.json.Reset()
	} else {
		m.json.Forget()
	}
	clear(m.batchHeaders)
	m.batchHeaders = m.batchHeaders[:0]
}

// makeOne turns a panic of a serialiser, of which some know only the types that JSON
// has, into the record's error.
func (m *messageMaker) makeOne(ctx context.Context, msg *message.Message, r *opencdc.Record, now int64) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("serialize the record: %v", p)
		}
	}()
	msg.Position = r.Position
	if msg.Topic, err = m.topic(r); err != nil {
		return err
	}
	if msg.Partition, err = m.partition(r); err != nil {
		return err
	}
	if msg.Timestamp, msg.TimestampIsNow, err = m.timestamp(r, now); err != nil {
		return err
	}
	if msg.Key, err = m.makeKey(ctx, msg.Topic, r); err != nil {
		return err
	}
	var headers opencdcjson.Prefixed
	if msg.Value, headers, err = m.makeValue(ctx, msg.Topic, r); err != nil {
		return err
	}
	msg.Headers, err = m.makeHeaders(r, headers)
	return err
}

func (m *messageMaker) makeKey(ctx context.Context, topic string, r *opencdc.Record) ([]byte, error) {
	if m.encodeKey == nil {
		return m.key(r)
	}
	b, err := m.encodeKey.encode(ctx, topic, r)
	if err != nil {
		return nil, fmt.Errorf("encode the key: %w", printable.Error(err))
	}
	return b, nil
}

func (m *messageMaker) makeValue(ctx context.Context, topic string, r *opencdc.Record) ([]byte, opencdcjson.Prefixed, error) {
	if m.encodeValue == nil {
		return m.value(r)
	}
	b, err := m.encodeValue.encode(ctx, topic, r)
	if err != nil {
		return nil, opencdcjson.PrefixedUnknown, fmt.Errorf("encode the value: %w", printable.Error(err))
	}
	return b, opencdcjson.PrefixedUnknown, nil
}

func (m *messageMaker) makeHeaders(r *opencdc.Record, known opencdcjson.Prefixed) ([]recordbatch.Header, error) {
	start := len(m.batchHeaders)
	all, err := m.headers.append(m.batchHeaders, r, known)
	if err != nil || len(all) == start {
		return nil, err
	}
	m.batchHeaders = all
	return all[start:len(all):len(all)], nil
}

// partitionFunc gives the partition of a record, message.PartitionAny for what the
// producer's partitioner chooses.
type partitionFunc func(*opencdc.Record) (int32, error)

// PartitionerMetadata is the partitioner that takes what metadata says.
const PartitionerMetadata = "metadata"

func newPartitionFunc(c Config) (partitionFunc, error) {
	if c.Partitioner != PartitionerMetadata {
		return func(*opencdc.Record) (int32, error) { return message.PartitionAny, nil }, nil
	}
	field := c.PartitionMetadata
	if field == "" {
		return nil, setting.Invalid("partitionMetadata", "the metadata partitioner needs the name of a field", MetadataPartition)
	}
	return func(r *opencdc.Record) (int32, error) {
		value, ok := r.Metadata[field]
		if !ok {
			return 0, fmt.Errorf("choose the partition: the record has no metadata field %q (partitionMetadata)", field)
		}
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil || n < 0 {
			return 0, fmt.Errorf("choose the partition: metadata field %q (partitionMetadata) is %q, which is not the number of a partition: 0 or more, less than the topic has", field, value)
		}
		return int32(n), nil
	}, nil
}

// timestampFunc gives the timestamp of a record's message in milliseconds since
// 1970, and whether that is now.
type timestampFunc func(r *opencdc.Record, now int64) (at int64, isNow bool, err error)

func newTimestampFunc(choice string) (timestampFunc, error) {
	switch choice {
	case "now":
		return func(_ *opencdc.Record, now int64) (int64, bool, error) { return now, true, nil }, nil
	case "createdAt":
		return createdAt, nil
	}
	return nil, setting.Invalid("timestamp", fmt.Sprintf("%q is not allowed: now or createdAt", choice), "")
}

func createdAt(r *opencdc.Record, now int64) (int64, bool, error) {
	value, ok := r.Metadata[opencdc.MetadataCreatedAt]
	if !ok {
		return now, true, nil
	}
	ns, err := strconv.ParseInt(value, 10, 64)
	if err != nil || ns < 0 {
		return 0, false, fmt.Errorf("find the timestamp: metadata field %q is %q, which is not in nanoseconds since 1970", opencdc.MetadataCreatedAt, value)
	}
	return ns / int64(time.Millisecond), false, nil
}
