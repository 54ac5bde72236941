package produce

import (
	"net"
	"slices"
	"strings"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
)

// The versions of Produce that are sent, and those from which on something is there.
const (
	firstVersion = 3 // carries record batches of magic 2
	// firstQuiet is the first version that only brokers have which answer before they wait
	// for a quota (KIP-219).
	firstQuiet    = 6
	firstReasons  = 8  // names the records that a broker refuses (KIP-467)
	firstFlexible = 9  // has tagged fields
	firstLeaders  = 10 // says who leads instead (KIP-951)
	lastNamed     = 12
	firstIDs      = 13 // has topics by their IDs (KIP-516)
	lastVersion   = 13
	// lastJoined is the last version for partitions that were added to a transaction. A
	// later one adds them itself, and brokers refuse it where the cluster's
	// transaction.version is below 2 (KIP-890).
	lastJoined = 11
)

// request is a Produce request with the first batch of each queue.
type request struct {
	acks          Acks
	timeout       int32 // of the broker for its replicas, in milliseconds
	queues        []*queue
	transactional string // ID; "": none
}

// ApiKey is that of Produce.
func (*request) ApiKey() protocol.ApiKey { return protocol.Produce }

// Versions depend on whether the request belongs to a transaction, and on whether it can do
// without the names of topics. It has them where the broker does not answer: one that knows
// the topic by another ID says so by hanging up, when what follows is lost too.
func (r *request) Versions() (first, last int16) {
	switch {
	case r.transactional != "":
		return firstVersion, lastJoined
	case r.acks == AcksNone || slices.ContainsFunc(r.queues, func(q *queue) bool { return q.topicID == cluster.TopicID{} }):
		return firstVersion, lastNamed
	}
	return firstVersion, lastVersion
}

// FirstFlexible is that of Produce.
func (*request) FirstFlexible() int16 { return firstFlexible }

// HasResponse is false where the broker is to say nothing.
func (r *request) HasResponse() bool { return r.acks != AcksNone }

// perQueue is what a queue adds to a request besides its batch and its topic's name, in
// bytes, at most: the topic's ID, the lengths of the topic's partitions and of the batch, the
// partition, and the ends of the partition and of the topic.
const perQueue = 16 + 5 + 5 + 4 + 1 + 1

// Body is the request after its header. The batches in it are not copied.
func (r *request) Body(version int16) net.Buffers {
	queues := slices.Clone(r.queues)
	slices.SortStableFunc(queues, func(a, b *queue) int { return strings.Compare(a.Topic, b.Topic) })
	size := 2 + len(r.transactional) + 2 + 4 + 5 + 1
	count := 1
	for _, q := range queues {
		size += perQueue + len(q.Topic)
		count += 1 + len(q.batches[0].encoded.Pieces())
	}
	w := primitive.Encoder{Flexible: version >= firstFlexible}
	w.Grow(size)
	pieces := make(net.Buffers, 0, count)
	taken := 0
	take := func() {
		b := w.Written()
		if len(b) > taken {
			pieces = append(pieces, b[taken:len(b):len(b)])
		}
		taken = len(b)
	}
	w.NullableString(r.transactional)
	w.Int16(int16(r.acks))
	w.Int32(r.timeout)
	w.Count(countTopics(queues))
	for len(queues) > 0 {
		n := countSame(queues)
		if version >= firstIDs {
			w.Raw(queues[0].topicID[:])
		} else {
			w.String(queues[0].Topic)
		}
		w.Count(n)
		for _, q := range queues[:n] {
			batch := q.batches[0].encoded
			w.Int32(q.Partition)
			w.Count(batch.Size())
			take()
			pieces = append(pieces, batch.Pieces()...)
			w.End()
		}
		w.End()
		queues = queues[n:]
	}
	w.End()
	take()
	return pieces
}

// sent notes by what the batches of a request name their topic.
func (r *request) sent(version int16) {
	for _, q := range r.queues {
		if b := q.batches[0]; version < firstIDs {
			b.named = true
		}
	}
}

// names are those of topics by their IDs.
func (r *request) names() map[cluster.TopicID]string {
	names := make(map[cluster.TopicID]string)
	for _, q := range r.queues {
		names[q.topicID] = q.Topic
	}
	return names
}

// countTopics counts the topics of queues that are sorted by them.
func countTopics(queues []*queue) (n int) {
	for i, q := range queues {
		if i == 0 || q.Topic != queues[i-1].Topic {
			n++
		}
	}
	return n
}

// countSame counts the queues from the front that have the first one's topic.
func countSame(queues []*queue) int {
	for i, q := range queues {
		if q.Topic != queues[0].Topic {
			return i
		}
	}
	return len(queues)
}
