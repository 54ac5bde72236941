package simulation

import (
	"encoding/binary"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func refusal(req kmsg.Request, code int16) kmsg.Response { return embedded.Refusal(req, code) }

// sessionLost answers a fetch in a session, which does not name all partitions that it
// is about: the next one does, and can be answered for each. It returns nil for others.
func sessionLost(req kmsg.Request) kmsg.Response {
	f, ok := req.(*kmsg.FetchRequest)
	if !ok || f.SessionEpoch <= 0 {
		return nil
	}
	res := req.ResponseKind().(*kmsg.FetchResponse)
	res.ErrorCode = kerr.FetchSessionIDNotFound.Code
	return res
}

// part is a partition in the answer to a fetch.
type part struct {
	topic     string
	partition int32
	code      []byte // the error code
	records   []byte
}

// batchAt names a record batch by where it begins.
type batchAt struct {
	seat
	offset int64
}

// first names the first batch.
func (p part) first() batchAt {
	b := batchAt{seat: seat{p.topic, p.partition}, offset: -1}
	if len(p.records) >= 8 {
		b.offset = int64(binary.BigEndian.Uint64(p.records))
	}
	return b
}

// parts calls found with each partition in the answer to a fetch, whose bytes may be
// changed in place.
func (w *World) parts(version int16, frame []byte, found func(part)) {
	b := frame[8:] // size, correlation ID
	cut := func(n int) []byte {
		out := b[:n]
		b = b[n:]
		return out
	}
	number := func() int { return int(int32(binary.BigEndian.Uint32(cut(4)))) }
	varint := func() int {
		v, n := binary.Uvarint(b)
		cut(n)
		return int(v)
	}
	count, tags := number, func() {}
	if version >= 12 { // the flexible ones
		count = func() int { return varint() - 1 }
		tags = func() {
			for range varint() {
				varint()
				cut(varint())
			}
		}
	}
	tags()
	cut(4) // throttle time
	if version >= 7 {
		cut(6) // error code, session
	}
	for range count() {
		var topic string
		switch {
		case version >= 13:
			topic = w.nameOf([16]byte(cut(16)))
		case version == 12:
			topic = string(cut(count()))
		default:
			topic = string(cut(int(binary.BigEndian.Uint16(cut(2)))))
		}
		for range count() {
			p := part{topic: topic, partition: int32(number()), code: cut(2)}
			cut(16) // high watermark, last stable offset
			if version >= 5 {
				cut(8) // log start
			}
			for range max(count(), 0) { // aborted transactions
				cut(16)
				tags()
			}
			if version >= 11 {
				cut(4) // preferred replica
			}
			if size := count(); size > 0 {
				p.records = cut(size)
			}
			tags()
			found(p)
		}
		tags()
	}
}

// nameOf is the name of a topic by its ID, "" for one that is gone and was never asked for.
func (w *World) nameOf(id [16]byte) string {
	w.mu.Lock()
	name, ok := w.names[id]
	w.mu.Unlock()
	if ok {
		return name
	}
	info := w.fake.TopicIDInfo(id)
	if info == nil {
		return ""
	}
	w.mu.Lock()
	w.names[id] = info.Topic
	w.mu.Unlock()
	return info.Topic
}

// spoil changes a bit in the first record batch of which last is the last offset or a
// later one, and reports whether there is one.
func spoil(records []byte, last int64) bool {
	for len(records) >= 61 {
		size := 12 + int(binary.BigEndian.Uint32(records[8:]))
		if size > len(records) {
			return false
		}
		end := int64(binary.BigEndian.Uint64(records)) + int64(int32(binary.BigEndian.Uint32(records[23:])))
		if end >= last {
			records[size-1] ^= 1
			return true
		}
		records = records[size:]
	}
	return false
}

// throttled puts the time into an answer that the client is asked to be quiet for.
func throttled(r request, frame []byte, ms uint32) {
	at := 8
	switch key := kmsg.Key(r.key); {
	case key == kmsg.Produce:
		if res, ok := parse(r, frame).(*kmsg.ProduceResponse); ok {
			res.ThrottleMillis = int32(ms)
			body := res.AppendTo(nil)
			copy(frame[len(frame)-len(body):], body)
		}
		return
	case key == kmsg.Fetch && r.version >= 12,
		key == kmsg.OffsetCommit && r.version >= 8,
		key == kmsg.OffsetFetch && r.version >= 6,
		key == kmsg.Heartbeat && r.version >= 4,
		key == kmsg.ConsumerGroupHeartbeat:
		at = 9 // after tags, of which there are none
	case key == kmsg.Fetch && r.version >= 1,
		key == kmsg.Metadata && r.version >= 3 && r.version <= 8,
		key == kmsg.OffsetCommit && r.version >= 3 && r.version <= 7,
		key == kmsg.OffsetFetch && r.version >= 3 && r.version <= 5,
		key == kmsg.ListOffsets && r.version >= 2 && r.version <= 5,
		key == kmsg.Heartbeat && r.version >= 1 && r.version <= 3:
	default:
		return
	}
	binary.BigEndian.PutUint32(frame[at:], ms)
}

// spoilAt changes a bit in the record batch with an offset, and returns where it begins,
// if there is one.
func spoilAt(records []byte, offset int64) (first int64, ok bool) {
	for len(records) >= 61 {
		size := 12 + int(binary.BigEndian.Uint32(records[8:]))
		if size > len(records) {
			return 0, false
		}
		first = int64(binary.BigEndian.Uint64(records))
		if last := first + int64(int32(binary.BigEndian.Uint32(records[23:]))); first <= offset && offset <= last {
			records[size-1] ^= 1
			return first, true
		}
		records = records[size:]
	}
	return 0, false
}
