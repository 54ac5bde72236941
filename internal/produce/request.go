package produce

import (
	"encoding/binary"
	"errors"
	"math"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
)

// request is a Produce request, versions 3 to 8, with the first batch of each queue.
type request struct {
	acks          Acks
	timeout       int32 // of the broker for its replicas, in milliseconds
	queues        []*queue
	transactional string // ID; "": none
}

// ApiKey is that of Produce.
func (*request) ApiKey() protocol.ApiKey { return protocol.Produce }

// Versions are those that carry record batches of magic 2, and are not flexible.
func (*request) Versions() (first, last int16) { return 3, 8 }

// HasResponse is false where the broker is to say nothing.
func (r *request) HasResponse() bool { return r.acks != AcksNone }

// perQueue is what a queue adds to a request besides its batch and its topic's name: at
// most this many bytes.
const perQueue = 2 + 4 + 4 + 4

// Body is the request after its header. The batches in it are not copied.
func (r *request) Body(int16) net.Buffers {
	queues := slices.Clone(r.queues)
	slices.SortStableFunc(queues, func(a, b *queue) int { return strings.Compare(a.Topic, b.Topic) })
	size := 2 + len(r.transactional) + 2 + 4 + 4
	for _, q := range queues {
		size += perQueue + len(q.Topic)
	}
	b := make([]byte, 0, size) // it never grows: pieces of it are taken as it fills
	if r.transactional == "" {
		b = binary.BigEndian.AppendUint16(b, math.MaxUint16)
	} else {
		b = binary.BigEndian.AppendUint16(b, uint16(len(r.transactional)))
		b = append(b, r.transactional...)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(r.acks))
	b = binary.BigEndian.AppendUint32(b, uint32(r.timeout))
	b = binary.BigEndian.AppendUint32(b, uint32(countTopics(queues)))
	var pieces net.Buffers
	cut := 0
	for i, q := range queues {
		if i == 0 || q.Topic != queues[i-1].Topic {
			b = binary.BigEndian.AppendUint16(b, uint16(len(q.Topic)))
			b = append(b, q.Topic...)
			b = binary.BigEndian.AppendUint32(b, uint32(countSame(queues[i:])))
		}
		batch := q.batches[0].encoded
		b = binary.BigEndian.AppendUint32(b, uint32(q.Partition))
		b = binary.BigEndian.AppendUint32(b, uint32(len(batch)))
		pieces = append(pieces, b[cut:len(b):len(b)], batch)
		cut = len(b)
	}
	return pieces
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

// response is the answer to a request.
type response struct {
	throttle   time.Duration
	partitions map[message.TopicPartition]partitionResponse
}

// partitionResponse is what the broker says of one batch.
type partitionResponse struct {
	code    int16
	message string        // why, if the broker says so
	records []recordError // those for which it refuses the batch (KIP-467)
}

type recordError struct {
	index   int32 // in the batch
	message string
}

// minItem is the size of the smallest item of an array in a produce response.
const minItem = 6

// parse reads a raw frame: size, correlation ID, then the response.
func parse(frame []byte, version int16) (response, error) {
	r := primitive.NewReader(frame)
	r.Take(8)
	res := response{partitions: make(map[message.TopicPartition]partitionResponse)}
	for range r.Count(minItem) {
		topic := r.String()
		for range r.Count(minItem) {
			id, p := readPartition(r, version)
			res.partitions[message.TopicPartition{Topic: topic, Partition: id}] = p
		}
	}
	res.throttle = time.Duration(r.Int32()) * time.Millisecond
	if r.Len() > 0 {
		r.Fail(errors.New("something follows its end"))
	}
	return res, r.Err()
}

func readPartition(r *primitive.Reader, version int16) (id int32, p partitionResponse) {
	id, p.code = r.Int32(), r.Int16()
	r.Take(8 + 8) // base offset, append time
	if version >= 5 {
		r.Take(8) // first offset of the log
	}
	if version >= 8 {
		for range r.Count(minItem) {
			p.records = append(p.records, recordError{r.Int32(), r.NullableString()})
		}
		p.message = r.NullableString()
	}
	return id, p
}
