// Package message is what travels between the connector's two ends and the
// protocol: plain types.
package message

import "github.com/conduitio/conduit-connector-kafka/internal/recordbatch"

// TopicPartition names a partition of a topic.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// Batch is a run of records of one partition, as a consumer hands it out:
// offsets ascend, but need not be contiguous.
type Batch struct {
	Topic     string
	Partition int32
	Records   []recordbatch.Record
	Next      int64 // the offset after the batch in the log
	// LeaderEpoch is that of the leader that took the records (KIP-101), -1 if their
	// format is too old to tell.
	LeaderEpoch int32
	// TimestampType says whose the timestamps of the records are.
	TimestampType recordbatch.TimestampType
	// TopicID is that of the topic when the records were fetched (KIP-516), zero if
	// unknown.
	TopicID [16]byte
	// Assignment is that of the fetch.Start which the records were read for.
	Assignment int64
	// TopicConfigs is what the topic is like, if somebody is to be told (package
	// topicconfig): its first record says so. Empty: nothing.
	TopicConfigs string
	// Memory is the slice that all records of the batch lie in, these being the last of
	// them; nil where others come after these, or where it is not for Release.
	Memory []recordbatch.Record
}

// Release says that nobody uses the records any more, so that others may have their
// memory. Their keys, values and headers stay.
func (b *Batch) Release() {
	recordbatch.GiveBack(b.Memory)
	*b = Batch{}
}

// Message is a record on its way into a topic.
type Message struct {
	Topic     string
	Partition int32 // PartitionAny: the producer's partitioner chooses
	// TimestampIsNow says that the timestamp is the time at which the message was made
	// and no property of the record: made again, it has another.
	TimestampIsNow bool
	// Position is that of the record which the message was made of. It tells the
	// producer that record from another with the same content.
	Position []byte
	recordbatch.Record
}

// PartitionAny leaves the choice of the partition to the producer.
const PartitionAny int32 = -1
