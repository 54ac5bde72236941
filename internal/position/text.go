package position

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
)

// The text is the URL-safe Base64 of one item for each partition: the number of its topic
// in the text, which with 0 follows as the length of its name, the name and the topic ID;
// the partition, the next offset, and the leader epoch plus one. All numbers are unsigned
// varints, so that a partition takes about twelve characters.

// topic is one that a text has named.
type topic struct {
	name string
	id   [16]byte
}

// Text returns the places of all partitions but one, those that were moved last first,
// and leaves out the others that do not fit into limit bytes: what the group has committed
// for them has to do. It is "" for none.
func (t *Trail) Text(except message.TopicPartition, limit int) string {
	limit = base64.RawURLEncoding.DecodedLen(limit)
	w := writer{b: t.buf[:0]}
	for e := t.places.Front(); e != nil; e = e.Next() {
		p := &e.Value.(*mark).Place
		if p.TopicPartition == except {
			continue
		}
		before := len(w.b)
		if w.place(p); len(w.b) > limit {
			w.b = w.b[:before]
			break
		}
	}
	t.buf = w.b
	return base64.RawURLEncoding.EncodeToString(w.b)
}

// writer writes places.
type writer struct {
	b      []byte
	last   topic // that of the place before
	number uint64
	topics map[topic]uint64 // all that are named
}

func (w *writer) place(p *Place) {
	if n := w.topic(p); n == 0 {
		w.b = append(w.b, 0)
		w.b = binary.AppendUvarint(w.b, uint64(len(p.Topic)))
		w.b = append(w.b, p.Topic...)
		w.b = append(w.b, p.TopicID[:]...)
	} else {
		w.b = binary.AppendUvarint(w.b, n)
	}
	w.b = binary.AppendUvarint(w.b, uint64(p.Partition))
	w.b = binary.AppendUvarint(w.b, uint64(p.Next))
	w.b = binary.AppendUvarint(w.b, uint64(int64(max(p.LeaderEpoch, -1))+1))
}

// topic returns the number of a place's topic, 0 if it was not named yet.
func (w *writer) topic(p *Place) uint64 {
	if w.number > 0 && w.last.name == p.Topic && w.last.id == p.TopicID {
		return w.number
	}
	of := topic{p.Topic, p.TopicID}
	if w.topics == nil {
		w.topics = make(map[topic]uint64)
	}
	n := w.topics[of]
	w.last, w.number = of, n
	if n == 0 {
		w.number = uint64(len(w.topics) + 1)
		w.topics[of] = w.number
	}
	return n
}

// maxName bounds the length of a topic's name, which Kafka has at 249.
const maxName = 1 << 15

var errText = errors.New("it does not say how far partitions were read")

// Parse returns the places that a text names.
func Parse(text string) ([]Place, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errText
	}
	r := primitive.NewReader(b)
	var places []Place
	var topics []topic
	for r.Len() > 0 && r.Err() == nil {
		n := r.Uvarint()
		if n == 0 {
			of := topic{name: string(r.Take(int(min(r.Uvarint(), maxName))))}
			copy(of.id[:], r.Take(len(of.id)))
			topics = append(topics, of)
			n = uint64(len(topics))
		}
		partition, next, epoch := r.Uvarint(), r.Uvarint(), r.Uvarint()
		if r.Err() != nil || n > uint64(len(topics)) || partition > math.MaxInt32 || next > math.MaxInt64 || epoch > math.MaxInt32+1 {
			return nil, errText
		}
		of := topics[n-1]
		places = append(places, Place{
			TopicPartition: message.TopicPartition{Topic: of.name, Partition: int32(partition)},
			TopicID:        of.id, LeaderEpoch: int32(int64(epoch) - 1), Next: int64(next),
		})
	}
	return places, nil
}
