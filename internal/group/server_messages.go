package group

import (
	"context"
	"net"
	"slices"
	"time"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// ConsumerGroupHeartbeat 1, the message of the protocol in which the coordinator assigns
// (KIP-848), which kafka-go lacks: the request as it is written, the answer as it is read.

// ownedPartitions are partitions by the ID of their topic.
type ownedPartitions map[cluster.TopicID][]int32

// The member epochs that say what a heartbeat is for.
const (
	epochJoin        = 0
	epochLeave       = -1
	epochLeaveStatic = -2 // for a while
)

// unchanged is a rebalance timeout that stays what it was.
const unchanged = -1

// serverHeartbeat is ConsumerGroupHeartbeat. What is nil or "" stays what it was.
type serverHeartbeat struct {
	group, member, instance string
	epoch                   int32
	rebalanceTimeout        int32 // milliseconds, or unchanged
	topics                  []string
	pattern                 *string // "" for none
	assignor                string
	owned                   ownedPartitions
}

// ApiKey is that of ConsumerGroupHeartbeat.
func (*serverHeartbeat) ApiKey() protocol.ApiKey { return cluster.ConsumerGroupHeartbeat }

// Versions are those of brokers from Kafka 4.0 on. Version 0 was a preview.
func (*serverHeartbeat) Versions() (first, last int16) { return 1, 1 }

// FirstFlexible is the first version.
func (*serverHeartbeat) FirstFlexible() int16 { return 0 }

// Body is the request without its header.
func (r *serverHeartbeat) Body(int16) net.Buffers {
	var w primitive.Writer
	w.CompactString(r.group)
	w.CompactString(r.member)
	w.Int32(r.epoch)
	w.CompactNullableString(r.instance)
	w.Null() // rack
	w.Int32(r.rebalanceTimeout)
	if r.topics == nil {
		w.Null()
	} else {
		w.CompactCount(len(r.topics))
		for _, t := range r.topics {
			w.CompactString(t)
		}
	}
	if r.pattern == nil {
		w.Null()
	} else {
		w.CompactString(*r.pattern)
	}
	w.CompactNullableString(r.assignor)
	if r.owned == nil {
		w.Null()
	} else {
		w.CompactCount(len(r.owned))
		for id, partitions := range r.owned {
			w.Raw(id[:])
			w.CompactCount(len(partitions))
			for _, p := range partitions {
				w.Int32(p)
			}
			w.Tags()
		}
	}
	w.Tags()
	return net.Buffers{w.Written()}
}

// serverAnswer is what the coordinator says to a heartbeat.
type serverAnswer struct {
	code     int16
	message  string
	epoch    int32
	interval int32           // until the next heartbeat, in milliseconds
	assigned ownedPartitions // nil: what it was
}

// Sizes of the smallest items of the arrays in answers.
const (
	minOwned  = 18
	int32Size = 4
)

func readServerAnswer(frame []byte, _ int16) (serverAnswer, error) {
	r := flexibleBody(frame)
	a := serverAnswer{code: r.Int16(), message: r.CompactString()}
	r.CompactString() // member ID, which is ours
	a.epoch, a.interval = r.Int32(), r.Int32()
	if present := r.Take(1); present != nil && int8(present[0]) >= 0 {
		a.assigned = ownedPartitions{}
		for range r.CompactCount(minOwned) {
			id := readTopicID(r)
			for range r.CompactCount(int32Size) {
				a.assigned[id] = append(a.assigned[id], r.Int32())
			}
			slices.Sort(a.assigned[id])
			r.Tags()
		}
		r.Tags()
	}
	r.Tags()
	return a, finished(r)
}

// flexibleBody reads the header of a flexible answer, and the throttle time that comes
// after it.
func flexibleBody(frame []byte) *primitive.Reader {
	r := primitive.NewReader(frame)
	r.Take(8) // size, correlation ID
	r.Tags()
	r.Int32()
	return r
}

// exchange sends a request that encodes itself, and reads its answer, which is of the same
// version. One that can't be read closes the connection.
func exchange[T any](ctx context.Context, conn *wire.Conn, req protocol.Message, read func(frame []byte, version int16) (T, error)) (T, error) {
	return exchangeWait(ctx, conn, req, 0, read)
}

// exchangeWait is exchange for a request that the coordinator may hold back for that long.
func exchangeWait[T any](ctx context.Context, conn *wire.Conn, req protocol.Message, wait time.Duration, read func(frame []byte, version int16) (T, error)) (answer T, err error) {
	frame, err := conn.Frame(ctx, req, wait)
	if err != nil {
		return answer, err
	}
	version, _ := conn.VersionOf(req)
	if answer, err = read(frame, version); err != nil {
		err = conn.Refuse(req.ApiKey(), err)
	}
	return answer, err
}
