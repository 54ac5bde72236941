package fetch

import (
	"errors"
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// response is a Fetch response, versions 4 to 11, whose record sets point into
// the frame that it was read from. kafka-go's own type for it decodes the
// records as it goes, and loses where empty batches end.
type response struct {
	throttle   time.Duration
	err        int16 // of the whole request
	session    int32 // 0: none
	partitions []partitionResponse
}

type partitionResponse struct {
	topic         string
	id            int32
	err           int16
	highWatermark int64
	logStart      int64
	aborted       []recordbatch.AbortedTransaction
	preferred     int32 // node to read from instead of this one; -1 none
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

// minItem is the size of the smallest item of an array in a fetch response.
const minItem = 4

// parse reads a raw frame: size, correlation ID, then the response.
func parse(frame []byte, version int16) (response, error) {
	r := primitive.NewReader(frame)
	r.Take(8)
	var res response
	res.throttle = time.Duration(r.Int32()) * time.Millisecond
	if version >= minSessions {
		res.err = r.Int16()
		res.session = r.Int32()
	}
	for range r.Count(minItem) {
		topic := r.String()
		for range r.Count(minItem) {
			p := readPartition(r, version)
			p.topic = topic
			res.partitions = append(res.partitions, p)
		}
	}
	if r.Len() > 0 {
		r.Fail(errors.New("something follows its end"))
	}
	if err := r.Err(); err != nil {
		return response{}, fmt.Errorf("read fetch response: %w", err)
	}
	return res, nil
}

func readPartition(r *primitive.Reader, version int16) partitionResponse {
	p := partitionResponse{id: r.Int32(), err: r.Int16(), highWatermark: r.Int64(), logStart: -1, preferred: -1}
	r.Int64() // last stable offset
	if version >= 5 {
		p.logStart = r.Int64()
	}
	for range r.Count(minItem) {
		p.aborted = append(p.aborted, recordbatch.AbortedTransaction{ProducerID: r.Int64(), FirstOffset: r.Int64()})
	}
	if version >= 11 {
		p.preferred = r.Int32()
	}
	if n := int(r.Int32()); n > 0 {
		p.set = r.Take(n)
	}
	return p
}
