package group

import (
	"context"
	"fmt"
	"net"

	kafkago "github.com/segmentio/kafka-go"
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
	partitions Partitions                 // nil for all
	ids        map[string]cluster.TopicID // of their topics, as far as they are known
}

// ApiKey is that of OffsetFetch.
func (*stableFetch) ApiKey() protocol.ApiKey { return protocol.OffsetFetch }

// fetchByID is the version that names topics by their IDs: what was committed for one that
// was deleted and made again is not in the answer.
const fetchByID = 10

// Versions begin with that of the brokers that have the protocol Consumer, and end where IDs
// are needed, unless all are known.
func (r *stableFetch) Versions() (first, last int16) {
	if r.partitions == nil {
		return 9, 9
	}
	for topic := range r.partitions {
		if r.ids[topic] == (cluster.TopicID{}) {
			return 9, 9
		}
	}
	return 9, fetchByID
}

// FirstFlexible is that of OffsetFetch.
func (*stableFetch) FirstFlexible() int16 { return 6 }

// Body is the request without its header.
func (r *stableFetch) Body(version int16) net.Buffers {
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
			writeTopic(&w, version >= fetchByID, topic, r.ids[topic])
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

// read reads the answer to this request, for one group, as the older versions have it.
func (r *stableFetch) read(frame []byte, version int16) (*offsetfetch.Response, error) {
	names := make(map[cluster.TopicID]string, len(r.ids))
	for topic, id := range r.ids {
		names[id] = topic
	}
	in := flexibleBody(frame)
	res := new(offsetfetch.Response)
	n := in.CompactCount(minFetchedGroup)
	for range n {
		in.CompactString() // group
		for range in.CompactCount(minFetchedTopic) {
			t := offsetfetch.ResponseTopic{Name: readTopic(in, version >= fetchByID, names)}
			for range in.CompactCount(minFetched) {
				t.Partitions = append(t.Partitions, offsetfetch.ResponsePartition{
					PartitionIndex: in.Int32(), CommittedOffset: in.Int64(), ComittedLeaderEpoch: in.Int32(),
					Metadata: in.CompactString(), ErrorCode: in.Int16(),
				})
				in.Tags()
			}
			in.Tags()
			res.Topics = append(res.Topics, t)
		}
		res.ErrorCode = in.Int16()
		in.Tags()
	}
	in.Tags()
	if err := finished(in); err != nil {
		return nil, err
	}
	if n != 1 {
		return nil, fmt.Errorf("the answer has %d groups", n)
	}
	return res, nil
}

// fetchStable asks for committed offsets by the IDs of topics where they are known. A broker
// that does not know one of them is asked by names: its cluster has the topic no more, or
// it has yet to hear of it, and the others are not to wait for it.
func (s *session) fetchStable(ctx context.Context, p Partitions) (*offsetfetch.Response, error) {
	conn, err := s.connect(ctx, cluster.Commit)
	if err != nil {
		return nil, err
	}
	req := &stableFetch{s.cfg.GroupID, p, s.ids(p)}
	res, err := exchange(ctx, conn, req, req.read)
	if err == nil && unknownID(res) {
		req.ids = nil
		res, err = exchange(ctx, conn, req, req.read)
	}
	return res, err
}

// unknownID reports whether an answer says of a topic that there is none with its ID.
func unknownID(res *offsetfetch.Response) bool {
	for _, t := range res.Topics {
		for _, p := range t.Partitions {
			if p.ErrorCode == int16(kafkago.UnknownTopicID) {
				return true
			}
		}
	}
	return false
}
