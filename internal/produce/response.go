package produce

import (
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// response is the answer to a request.
type response struct {
	throttle   time.Duration
	quiet      time.Duration // for how long the broker will read no requests
	byID       bool          // it is about topics of these IDs, and not about those that have the names now
	partitions map[message.TopicPartition]partitionResponse
	leaders    []cluster.Endpoint // those that partitions have by now
}

// partitionResponse is what the broker says of one batch.
type partitionResponse struct {
	code    int16
	offset  int64          // that of the batch's first record in the log; -1: the broker doesn't say
	message string         // why, if the broker says so
	records []recordError  // those for which it refuses the batch (KIP-467)
	leader  *currentLeader // nil: the broker says of no other (KIP-951)
}

type recordError struct {
	index   int32 // in the batch
	message string
}

// currentLeader is who leads a partition instead of the broker that was asked.
type currentLeader struct{ id, epoch int32 }

// Sizes of the smallest items of arrays in an answer.
const (
	minTopic     = 3
	minPartition = 22
	minRecord    = 6
)

// Tags of fields.
const (
	tagCurrentLeader = 0 // of a partition
	tagEndpoints     = 0 // of the answer
)

// parse reads a raw frame: size, correlation ID, then the response to a request.
func parse(frame []byte, version int16, req *request) (response, error) {
	r := primitive.Answer(frame, version >= firstFlexible)
	res := response{partitions: make(map[message.TopicPartition]partitionResponse)}
	var names map[cluster.TopicID]string
	if res.byID = version >= firstIDs; res.byID {
		names = req.names()
	}
	for range r.Count(minTopic) {
		topic := readTopic(r, names)
		for range r.Count(minPartition) {
			id, p := readPartition(r, version)
			res.partitions[message.TopicPartition{Topic: topic, Partition: id}] = p
		}
		r.End()
	}
	res.throttle = time.Duration(r.Int32()) * time.Millisecond
	if version >= firstQuiet {
		res.quiet = res.throttle
	}
	r.EndWith(func(tag uint64, field *primitive.Reader) {
		if tag == tagEndpoints && version >= firstLeaders {
			res.leaders = cluster.ReadEndpoints(field)
		}
	})
	return res, r.Whole()
}

// readTopic reads the name of a topic, or its ID where names is not nil. An ID that nobody
// asked for has the name "".
func readTopic(r *primitive.Decoder, names map[cluster.TopicID]string) string {
	if names == nil {
		return r.String()
	}
	var id cluster.TopicID
	copy(id[:], r.Take(len(id)))
	return names[id]
}

func readPartition(r *primitive.Decoder, version int16) (id int32, p partitionResponse) {
	id, p.code, p.offset = r.Int32(), r.Int16(), r.Int64()
	r.Take(8) // append time
	if version >= 5 {
		r.Take(8) // first offset of the log
	}
	if version >= firstReasons {
		for range r.Count(minRecord) {
			p.records = append(p.records, recordError{r.Int32(), printable.Text(r.NullableString())})
			r.End()
		}
		p.message = printable.Text(r.NullableString())
	}
	r.EndWith(func(tag uint64, field *primitive.Reader) {
		if tag == tagCurrentLeader && version >= firstLeaders {
			p.leader = &currentLeader{field.Int32(), field.Int32()}
			field.Tags()
		}
	})
	return id, p
}
