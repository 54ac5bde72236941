package fetch

import (
	"net"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
)

// The versions of Fetch that began to have something.
const (
	minLogStart     int16 = 5  // where the log begins (KIP-107)
	minSessions     int16 = 7  // fetch sessions (KIP-227)
	minAnswersFirst int16 = 8  // brokers that throttle answer before they wait (KIP-219)
	minLeaderEpochs int16 = 9  // the leader epoch that is expected (KIP-320)
	minRacks        int16 = 11 // replicas in the reader's rack (KIP-392)
	minFlexible     int16 = 12 // tagged fields (KIP-482)
	minTopicIDs     int16 = 13 // topics by their IDs (KIP-516), and no more by their names
	minReplicaState int16 = 15 // what a replica is by a tagged field (KIP-903)
)

// request is a Fetch request, versions 4 to 16, of which kafka-go ends at 11.
type request struct {
	maxWait      int32 // milliseconds
	minBytes     int32
	maxBytes     int32
	committed    bool // without records of transactions that are open or were aborted
	session      int32
	sessionEpoch int32
	topics       []requestTopic
	forgotten    []forgottenTopic // which the session is to go on without
	rack         string

	byID    bool               // topics may be named by their IDs: all have one
	encoder *primitive.Encoder // whose memory is used; nil: its own
}

// topicName is a topic's name and ID, of which a version has one.
type topicName struct {
	name string
	id   cluster.TopicID // zero: not known
}

type requestTopic struct {
	topicName
	partitions []requestPartition
}

type requestPartition struct {
	id        int32
	epoch     int32 // of the leader; -1 unknown
	offset    int64
	lastEpoch int32 // of the record before offset, for the broker to look whether it has that; -1 not to be looked at
	maxBytes  int32
}

type forgottenTopic struct {
	topicName
	partitions []int32
}

// ApiKey is that of Fetch.
func (*request) ApiKey() protocol.ApiKey { return protocol.Fetch }

// Versions are those that carry record batches of magic 2, without those by topic ID where
// a topic has none. The ones after 16 have nothing for consumers.
func (r *request) Versions() (first, last int16) {
	if !r.byID {
		return 4, minTopicIDs - 1
	}
	return 4, 16
}

// FirstFlexible is that of Fetch.
func (*request) FirstFlexible() int16 { return minFlexible }

// Body is the request without its header.
func (r *request) Body(version int16) net.Buffers {
	e := r.encoder
	if e == nil {
		e = new(primitive.Encoder)
	}
	e.Reset()
	e.Flexible = version >= minFlexible
	if version < minReplicaState {
		e.Int32(-1) // a consumer
	}
	e.Int32(r.maxWait)
	e.Int32(r.minBytes)
	e.Int32(r.maxBytes)
	e.Bool(r.committed) // isolation level, 0 or 1
	if version >= minSessions {
		e.Int32(r.session)
		e.Int32(r.sessionEpoch)
	}
	e.Count(len(r.topics))
	for i := range r.topics {
		t := &r.topics[i]
		t.write(e, version)
		e.Count(len(t.partitions))
		for j := range t.partitions {
			t.partitions[j].write(e, version)
		}
		e.End()
	}
	if version >= minSessions {
		r.writeForgotten(e, version)
	}
	if version >= minRacks {
		e.String(r.rack)
	}
	e.End()
	return net.Buffers{e.Written()}
}

func (r *request) writeForgotten(e *primitive.Encoder, version int16) {
	e.Count(len(r.forgotten))
	for i := range r.forgotten {
		t := &r.forgotten[i]
		t.write(e, version)
		e.Count(len(t.partitions))
		for _, id := range t.partitions {
			e.Int32(id)
		}
		e.End()
	}
}

func (t *topicName) write(e *primitive.Encoder, version int16) {
	if version >= minTopicIDs {
		e.Raw(t.id[:])
	} else {
		e.String(t.name)
	}
}

func (p *requestPartition) write(e *primitive.Encoder, version int16) {
	e.Int32(p.id)
	if version >= minLeaderEpochs {
		e.Int32(p.epoch)
	}
	e.Int64(p.offset)
	if version >= minFlexible {
		e.Int32(p.lastEpoch)
	}
	if version >= minLogStart {
		e.Int64(-1) // log start, of a replica
	}
	e.Int32(p.maxBytes)
	e.End()
}
