package group

import (
	"net"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
)

// The versions of OffsetCommit that kafka-go lacks and that are used.
const (
	// commitByEpoch is the first that carries the epoch of a member (KIP-848).
	commitByEpoch = 9
	// commitByID names topics by their IDs: offsets of one that was deleted and made again
	// are refused, with UNKNOWN_TOPIC_ID, where they would be taken by its name.
	commitByID = 10
)

// commitRequest is OffsetCommit in these versions.
type commitRequest struct {
	group, member, instance string
	epoch                   int32 // or the generation
	offsets                 Offsets
	first                   int16 // version: kafka-go's message is used before it
}

// ApiKey is that of OffsetCommit.
func (*commitRequest) ApiKey() protocol.ApiKey { return protocol.OffsetCommit }

// Versions end where IDs are needed, unless all are known.
func (r *commitRequest) Versions() (first, last int16) {
	if r.offsets.identified() {
		return r.first, commitByID
	}
	return r.first, commitByEpoch
}

// FirstFlexible is that of OffsetCommit.
func (*commitRequest) FirstFlexible() int16 { return 8 }

// Body is the request without its header.
func (r *commitRequest) Body(version int16) net.Buffers {
	var w primitive.Writer
	w.CompactString(r.group)
	w.Int32(r.epoch)
	w.CompactString(r.member)
	w.CompactNullableString(r.instance)
	topics := r.offsets.byTopic(version >= commitByID)
	w.CompactCount(len(topics))
	for topic, parts := range topics {
		writeTopic(&w, version >= commitByID, topic.name, topic.id)
		w.CompactCount(len(parts))
		for p, o := range parts {
			w.Int32(p)
			w.Int64(o.At)
			w.Int32(o.LeaderEpoch)
			w.CompactString(o.Metadata)
			w.Tags()
		}
		w.Tags()
	}
	w.Tags()
	return net.Buffers{w.Written()}
}

// Sizes of the smallest items of the arrays in an answer.
const (
	minCommitTopic = 3
	minCommitted   = 7
)

// read reads the answer to this request.
func (r *commitRequest) read(frame []byte, version int16) ([]commitAnswer, error) {
	names := make(map[cluster.TopicID]string, len(r.offsets))
	for topic := range r.offsets.byTopic(true) {
		names[topic.id] = topic.name
	}
	in := flexibleBody(frame)
	var out []commitAnswer
	for range in.CompactCount(minCommitTopic) {
		topic := readTopic(in, version >= commitByID, names)
		for range in.CompactCount(minCommitted) {
			out = append(out, commitAnswer{topic, in.Int32(), in.Int16()})
			in.Tags()
		}
		in.Tags()
	}
	in.Tags()
	return out, finished(in)
}

// writeTopic writes the ID of a topic, or else its name.
func writeTopic(w *primitive.Writer, byID bool, name string, id cluster.TopicID) {
	if byID {
		w.Raw(id[:])
	} else {
		w.CompactString(name)
	}
}

// readTopic reads what writeTopic writes. It returns the name, "" if the ID is none of those
// that were asked about.
func readTopic(r *primitive.Reader, byID bool, names map[cluster.TopicID]string) string {
	if byID {
		return names[readTopicID(r)]
	}
	return r.CompactString()
}

func readTopicID(r *primitive.Reader) (id cluster.TopicID) {
	copy(id[:], r.Take(len(id)))
	return id
}

// topicOf is a topic by its name and, where several had it, its ID.
type topicOf struct {
	name string
	id   cluster.TopicID
}

// byTopic groups offsets by their topics, by their IDs too if that is asked for.
func (o Offsets) byTopic(ids bool) map[topicOf]map[int32]Offset {
	out := make(map[topicOf]map[int32]Offset, len(o))
	for name, parts := range o {
		for p, at := range parts {
			t := topicOf{name: name}
			if ids {
				t.id = at.TopicID
			}
			if out[t] == nil {
				out[t] = make(map[int32]Offset, len(parts))
			}
			out[t][p] = at
		}
	}
	return out
}

// identified reports whether the IDs of all topics are known.
func (o Offsets) identified() bool {
	for _, parts := range o {
		for _, at := range parts {
			if at.TopicID == (cluster.TopicID{}) {
				return false
			}
		}
	}
	return true
}
