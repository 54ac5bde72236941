package cluster

import (
	"context"
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

func init() { protocol.Register(new(epochRequest), new(epochResponse)) }

// epochRequest is OffsetForLeaderEpoch (KIP-320), which kafka-go lacks.
type epochRequest struct {
	ReplicaID int32        `kafka:"min=v3,max=v3"`
	Topics    []epochTopic `kafka:"min=v2,max=v3"`
}

type epochTopic struct {
	Topic      string           `kafka:"min=v2,max=v3"`
	Partitions []epochPartition `kafka:"min=v2,max=v3"`
}

type epochPartition struct {
	Partition          int32 `kafka:"min=v2,max=v3"`
	CurrentLeaderEpoch int32 `kafka:"min=v2,max=v3"`
	LeaderEpoch        int32 `kafka:"min=v2,max=v3"`
}

// ApiKey tells the kind of request.
func (*epochRequest) ApiKey() protocol.ApiKey { return protocol.OffsetForLeaderEpoch }

type epochResponse struct {
	ThrottleTimeMs int32              `kafka:"min=v2,max=v3"`
	Topics         []epochTopicAnswer `kafka:"min=v2,max=v3"`
}

type epochTopicAnswer struct {
	Topic      string        `kafka:"min=v2,max=v3"`
	Partitions []epochAnswer `kafka:"min=v2,max=v3"`
}

type epochAnswer struct {
	ErrorCode   int16 `kafka:"min=v2,max=v3"`
	Partition   int32 `kafka:"min=v2,max=v3"`
	LeaderEpoch int32 `kafka:"min=v2,max=v3"`
	EndOffset   int64 `kafka:"min=v2,max=v3"`
}

// ApiKey tells the kind of response.
func (*epochResponse) ApiKey() protocol.ApiKey { return protocol.OffsetForLeaderEpoch }

// ErrNoEpochs says that a broker does not know where the records of a leader
// epoch end, or is too old to be asked.
var ErrNoEpochs = errors.New("the broker doesn't tell where leader epochs end")

// EpochEnd asks the leader of a partition, as metadata has it, where the records of
// a leader epoch, or of the last one before it, end in its log. A reader that is
// past that has read records which are gone (KIP-320).
func (c *Client) EpochEnd(ctx context.Context, topic string, partition, epoch int32) (int64, error) {
	conn, p, err := c.leader(ctx, topic, partition)
	if err != nil {
		return 0, fmt.Errorf("find the end of a leader epoch of %s/%d: %w", topic, partition, err)
	}
	req := &epochRequest{ReplicaID: -1, Topics: []epochTopic{{
		Topic:      topic,
		Partitions: []epochPartition{{Partition: partition, CurrentLeaderEpoch: p.LeaderEpoch, LeaderEpoch: epoch}},
	}}}
	msg, err := conn.RoundTrip(ctx, req)
	if unsupported := (*wire.UnsupportedError)(nil); errors.As(err, &unsupported) {
		return 0, ErrNoEpochs
	}
	if err != nil {
		return 0, err
	}
	topics := msg.(*epochResponse).Topics
	if len(topics) == 0 || len(topics[0].Partitions) == 0 {
		return 0, errors.New("find the end of a leader epoch: the broker's answer is empty")
	}
	a := topics[0].Partitions[0]
	if a.ErrorCode != 0 {
		return 0, fmt.Errorf("find the end of leader epoch %d of %s/%d: %w", epoch, topic, partition, CodeError(a.ErrorCode))
	}
	if a.EndOffset < 0 {
		return 0, ErrNoEpochs
	}
	return a.EndOffset, nil
}

// leader connects to the leader of a partition, as metadata has it.
func (c *Client) leader(ctx context.Context, topic string, partition int32) (*wire.Conn, Partition, error) {
	t, _ := c.Cached(topic)
	p, ok := t.Partition(partition)
	if !ok || p.Leader < 0 {
		return nil, p, kafkago.LeaderNotAvailable
	}
	conn, err := c.Broker(ctx, p.Leader, Control)
	return conn, p, err
}
