package group

import (
	"context"
	"fmt"
	"net"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/offsetfetch"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
)

// stableFetch is OffsetFetch that waits for offsets which are committed in transactions
// that are still open: their partitions have the error UNSTABLE_OFFSET_COMMIT until then
// (KIP-447). It names no member, and so is nobody's epoch: what is assigned to a member has
// been given up by the one before, with its last commit.
type stableFetch struct {
	group      string
	partitions Partitions // nil for all
}

// ApiKey is that of OffsetFetch.
func (*stableFetch) ApiKey() protocol.ApiKey { return protocol.OffsetFetch }

// Versions has the one of the brokers that have the protocol Consumer. The next names
// topics by IDs.
func (*stableFetch) Versions() (first, last int16) { return 9, 9 }

// FirstFlexible is that of OffsetFetch.
func (*stableFetch) FirstFlexible() int16 { return 6 }

// Body is the request without its header.
func (r *stableFetch) Body(int16) net.Buffers {
	var w primitive.Writer
	w.CompactCount(1)
	w.CompactString(r.group)
	w.Null()    // member
	w.Int32(-1) // its epoch
	if r.partitions == nil {
		w.Null()
	} else {
		w.CompactCount(len(r.partitions))
		for topic, ids := range r.partitions {
			w.CompactString(topic)
			w.CompactCount(len(ids))
			for _, id := range ids {
				w.Int32(id)
			}
			w.Tags()
		}
	}
	w.Tags()
	w.Bool(true) // require stable
	w.Tags()
	return net.Buffers{w.Written()}
}

// Sizes of the smallest items of the arrays in an answer.
const (
	minFetchedGroup = 5
	minFetchedTopic = 3
	minFetched      = 20
)

// readStableFetch returns the answer for one group, as the older versions have it.
func readStableFetch(frame []byte) (*offsetfetch.Response, error) {
	r := flexibleBody(frame)
	res := new(offsetfetch.Response)
	n := r.CompactCount(minFetchedGroup)
	for range n {
		r.CompactString() // group
		for range r.CompactCount(minFetchedTopic) {
			t := offsetfetch.ResponseTopic{Name: r.CompactString()}
			for range r.CompactCount(minFetched) {
				t.Partitions = append(t.Partitions, offsetfetch.ResponsePartition{
					PartitionIndex: r.Int32(), CommittedOffset: r.Int64(), ComittedLeaderEpoch: r.Int32(),
					Metadata: r.CompactString(), ErrorCode: r.Int16(),
				})
				r.Tags()
			}
			r.Tags()
			res.Topics = append(res.Topics, t)
		}
		res.ErrorCode = r.Int16()
		r.Tags()
	}
	r.Tags()
	if err := finished(r); err != nil {
		return nil, err
	}
	if n != 1 {
		return nil, fmt.Errorf("the answer has %d groups", n)
	}
	return res, nil
}

func (s *session) fetchStable(ctx context.Context, p Partitions) (*offsetfetch.Response, error) {
	conn, err := s.connect(ctx, cluster.Commit)
	if err != nil {
		return nil, err
	}
	return exchange(ctx, conn, &stableFetch{s.cfg.GroupID, p}, readStableFetch)
}
