package cluster

import "github.com/segmentio/kafka-go/protocol"

func init() { protocol.Register(new(epochRequest), new(epochResponse)) }

// epochRequest is OffsetForLeaderEpoch (KIP-320), which kafka-go lacks. Version 3
// (Kafka 2.3) is the first that a consumer may send: version 2 is for brokers, and
// wants their rights.
type epochRequest struct {
	ReplicaID int32        `kafka:"min=v3,max=v3"`
	Topics    []epochTopic `kafka:"min=v3,max=v3"`
}

type epochTopic struct {
	Topic      string           `kafka:"min=v3,max=v3"`
	Partitions []epochPartition `kafka:"min=v3,max=v3"`
}

type epochPartition struct {
	Partition          int32 `kafka:"min=v3,max=v3"`
	CurrentLeaderEpoch int32 `kafka:"min=v3,max=v3"`
	LeaderEpoch        int32 `kafka:"min=v3,max=v3"`
}

// ApiKey is that of OffsetForLeaderEpoch.
func (*epochRequest) ApiKey() protocol.ApiKey { return protocol.OffsetForLeaderEpoch }

type epochResponse struct {
	ThrottleTimeMs int32              `kafka:"min=v3,max=v3"`
	Topics         []epochTopicAnswer `kafka:"min=v3,max=v3"`
}

type epochTopicAnswer struct {
	Topic      string        `kafka:"min=v3,max=v3"`
	Partitions []epochAnswer `kafka:"min=v3,max=v3"`
}

type epochAnswer struct {
	ErrorCode   int16 `kafka:"min=v3,max=v3"`
	Partition   int32 `kafka:"min=v3,max=v3"`
	LeaderEpoch int32 `kafka:"min=v3,max=v3"`
	EndOffset   int64 `kafka:"min=v3,max=v3"`
}

// ApiKey is that of OffsetForLeaderEpoch.
func (*epochResponse) ApiKey() protocol.ApiKey { return protocol.OffsetForLeaderEpoch }
