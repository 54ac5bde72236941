package fetch

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// response is a Fetch response, versions 4 to 11, whose record sets point into
// the frame that it was read from. kafka-go's own type for it decodes the
// records as it goes, and loses where empty batches end.
type response struct {
	throttle   time.Duration
	err        int16 // of the whole request
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

var errFrame = errors.New("fetch response ends early")

// parse reads a raw frame: size, correlation ID, then the response.
func parse(frame []byte, version int16) (response, error) {
	r := frameReader{b: frame}
	r.take(8)
	var res response
	res.throttle = time.Duration(r.int32()) * time.Millisecond
	if version >= 7 {
		res.err = r.int16()
		r.int32() // session ID
	}
	for range r.count() {
		topic := r.string()
		for range r.count() {
			p := r.partition(version)
			p.topic = topic
			res.partitions = append(res.partitions, p)
		}
	}
	if r.failed {
		return response{}, errFrame
	}
	return res, nil
}

func (r *frameReader) partition(version int16) partitionResponse {
	p := partitionResponse{id: r.int32(), err: r.int16(), highWatermark: r.int64(), logStart: -1, preferred: -1}
	r.int64() // last stable offset
	if version >= 5 {
		p.logStart = r.int64()
	}
	for range r.count() {
		p.aborted = append(p.aborted, recordbatch.AbortedTransaction{ProducerID: r.int64(), FirstOffset: r.int64()})
	}
	if version >= 11 {
		p.preferred = r.int32()
	}
	if n := int(r.int32()); n > 0 {
		p.set = r.take(n)
	}
	return p
}

// frameReader reads big-endian fields; after the first failure all are zero.
type frameReader struct {
	b      []byte
	failed bool
}

func (r *frameReader) take(n int) []byte {
	if r.failed || n < 0 || n > len(r.b) {
		r.failed = true
		return nil
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

func (r *frameReader) int16() int16 {
	if b := r.take(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *frameReader) int32() int32 {
	if b := r.take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (r *frameReader) int64() int64 {
	if b := r.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

func (r *frameReader) string() string { return string(r.take(int(r.int16()))) }

// count reads the length of an array, -1 for null. No array item of a fetch
// response takes fewer than four bytes.
func (r *frameReader) count() int {
	n := int(r.int32())
	if n < 0 {
		return 0
	}
	if n > len(r.b)/4 {
		r.failed = true
		return 0
	}
	return n
}
