package cluster

import (
	"context"
	"errors"
	"fmt"

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
	end, err := c.epochEnd(ctx, topic, partition, epoch)
	if err != nil && !errors.Is(err, ErrNoEpochs) {
		return 0, fmt.Errorf("find the end of leader epoch %d of %s/%d: %w", epoch, topic, partition, err)
	}
	return end, err
}

func (c *Client) epochEnd(ctx context.Context, topic string, partition, epoch int32) (int64, error) {
	conn, p, err := c.leader(ctx, topic, partition)
	if err != nil {
		return 0, err
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
	for _, t := range msg.(*epochResponse).Topics {
		for _, a := range t.Partitions {
			switch {
			case t.Topic != topic || a.Partition != partition:
			case a.ErrorCode == 0 && a.EndOffset < 0:
				return 0, ErrNoEpochs
			default:
				return a.EndOffset, CodeError(a.ErrorCode)
			}
		}
	}
	return 0, errors.New("the broker's answer does not mention it")
}
