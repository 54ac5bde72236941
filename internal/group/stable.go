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
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
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
			if id := r.ids[topic]; version >= fetchByID {
				w.Raw(id[:])
			} else {
				w.CompactString(topic)
			}
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

// read returns what reads the answer to this request, for one group, as the older versions
// have it.
func (r *stableFetch) read(version int16) func(frame []byte) (*offsetfetch.Response, error) {
	names := make(map[cluster.TopicID]string, len(r.ids))
	for topic, id := range r.ids {
		names[id] = topic
	}
	return func(frame []byte) (*offsetfetch.Response, error) {
		return readStableFetch(frame, func(r *primitive.Reader) string {
			if version >= fetchByID {
				return names[readTopicID(r)]
			}
			return r.CompactString()
		})
	}
}

func readStableFetch(frame []byte, topic func(*primitive.Reader) string) (*offsetfetch.Response, error) {
	r := flexibleBody(frame)
	res := new(offsetfetch.Response)
	n := r.CompactCount(minFetchedGroup)
	for range n {
		r.CompactString() // group
		for range r.CompactCount(minFetchedTopic) {
			t := offsetfetch.ResponseTopic{Name: topic(r)}
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

// fetchStable asks for committed offsets by the IDs of topics where they are known. A broker
// that does not know one of them is asked by names: its cluster has the topic no more, or
// it has yet to hear of it, and the others are not to wait for it.
func (s *session) fetchStable(ctx context.Context, p Partitions) (*offsetfetch.Response, error) {
	conn, err := s.connect(ctx, cluster.Commit)
	if err != nil {
		return nil, err
	}
	res, err := s.sendStable(ctx, conn, &stableFetch{s.cfg.GroupID, p, s.ids(p)})
	if err == nil && unknownID(res) {
		res, err = s.sendStable(ctx, conn, &stableFetch{group: s.cfg.GroupID, partitions: p})
	}
	return res, err
}

func (s *session) sendStable(ctx context.Context, conn *wire.Conn, req *stableFetch) (*offsetfetch.Response, error) {
	version, _ := conn.VersionOf(req)
	return exchange(ctx, conn, req, req.read(version))
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
