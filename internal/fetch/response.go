package fetch

import (
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// response is a Fetch response, versions 4 to 16, whose record sets point into
// the frame that it was read from. kafka-go's own type for it decodes the
// records as it goes, and loses where empty batches end.
type response struct {
	throttle   time.Duration
	quiet      time.Duration // for how long the broker will read no requests
	err        int16         // of the whole request
	session    int32         // 0: none
	partitions []partitionResponse
	endpoints  []cluster.Endpoint // of leaders that partitions name
}

type partitionResponse struct {
	topic         string          // up to version 12
	topicID       cluster.TopicID // from then on
	id            int32
	err           int16
	highWatermark int64
	logStart      int64
	aborted       []recordbatch.AbortedTransaction
	preferred     int32 // node to read from instead of this one; -1 none
	leader        int32 // node that leads it, where this one refuses to give records; -1 not told
	leaderEpoch   int32
	diverges      bool // the log has not the record that was read last
	set           []byte
}

// bytes is how much of the answer is records.
func (r *response) bytes() int {
	n := 0
	for i := range r.partitions {
		n += len(r.partitions[i].set)
	}
	return n
}

// Tagged fields.
const (
	tagEndpoints      = 0 // of the response: where leaders are reached (KIP-951)
	tagDivergingEpoch = 0 // of a partition: where its log and what was read part (KIP-595)
	tagCurrentLeader  = 1 // of a partition: who leads it (KIP-951)
)

// Sizes of the smallest items of the arrays in a fetch response.
const (
	minTopic     = 3
	minPartition = 30
	minAborted   = 16
)

// parse reads a raw frame: size, correlation ID, then the response.
func parse(frame []byte, version int16) (response, error) {
	r := primitive.Answer(frame, version >= minFlexible)
	var res response
	res.throttle = time.Duration(r.Int32()) * time.Millisecond
	if version >= minAnswersFirst {
		res.quiet = res.throttle
	}
	if version >= minSessions {
		res.err = r.Int16()
		res.session = r.Int32()
	}
	for range r.Count(minTopic) {
		var topic topicName
		if version >= minTopicIDs {
			copy(topic.id[:], r.Take(len(topic.id)))
		} else {
			topic.name = r.String()
		}
		for range r.Count(minPartition) {
			p := readPartition(r, version)
			p.topic, p.topicID = topic.name, topic.id
			res.partitions = append(res.partitions, p)
		}
		r.End()
	}
	r.EndWith(func(tag uint64, field *primitive.Reader) {
		if tag == tagEndpoints {
			res.endpoints = cluster.ReadEndpoints(field)
		}
	})
	if err := r.Whole(); err != nil {
		return response{}, fmt.Errorf("read fetch response: %w", err)
	}
	return res, nil
}

func readPartition(r *primitive.Decoder, version int16) partitionResponse {
	p := partitionResponse{id: r.Int32(), err: r.Int16(), highWatermark: r.Int64(), logStart: -1, preferred: -1, leader: -1}
	r.Int64() // last stable offset
	if version >= minLogStart {
		p.logStart = r.Int64()
	}
	for range r.Count(minAborted) {
		p.aborted = append(p.aborted, recordbatch.AbortedTransaction{ProducerID: r.Int64(), FirstOffset: r.Int64()})
		r.End()
	}
	if version >= minRacks {
		p.preferred = r.Int32()
	}
	if set := r.Bytes(); len(set) > 0 {
		p.set = set
	}
	r.EndWith(func(tag uint64, field *primitive.Reader) {
		switch tag {
		case tagDivergingEpoch:
			field.Int32() // the last epoch that both have
			p.diverges = field.Int64() >= 0
		case tagCurrentLeader:
			p.leader, p.leaderEpoch = field.Int32(), field.Int32()
		}
	})
	return p
}
