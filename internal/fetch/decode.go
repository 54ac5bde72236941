package fetch

import (
	"errors"
	"io"
	"unsafe"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// maxCorrupt is how often a batch that can't be decoded is fetched again
// before it counts as broken in the log rather than on the way.
const maxCorrupt = 3

// decode turns the record sets of one broker into batches for Next, in order.
func (f *Fetcher) decode(frames <-chan []fetched) {
	defer f.wg.Done()
	var r recordbatch.Reader
	for sets := range frames {
		f.decodeSets(&r, sets, 0)
	}
}

// decodeSets decodes record sets up to a batch that takes more memory, in bytes, than
// most; 0: up to the end. It returns the sets that are left, from that batch on.
func (f *Fetcher) decodeSets(r *recordbatch.Reader, sets []fetched, most int) []fetched {
	for i := range sets {
		s := &sets[i]
		if !f.decodeSet(r, s, most) {
			return sets[i:]
		}
		f.mu.Lock()
		s.p.pending--
		if s.p.pending == 0 && s.p.state == routing {
			f.wakeRouter()
		}
		f.mu.Unlock()
	}
	return nil
}

// decodeSet returns false if there is a batch left that takes more memory than most.
func (f *Fetcher) decodeSet(r *recordbatch.Reader, s *fetched, most int) bool {
	r.Reset(s.p.Topic, s.p.Partition, s.set, s.offset, recordbatch.ReadOptions{
		ReadCommitted: f.cfg.ReadCommitted,
		Aborted:       s.aborted,
		MaxMemory:     most,
	})
	lastEpoch := s.lastEpoch
	for next := s.offset; f.current(*s); {
		at := r.NextOffset()
		records, err := r.Next(recordbatch.Spare())
		if len(records) == 0 { // as at the end of each set
			recordbatch.GiveBack(records)
			records = nil
		}
		end := errors.Is(err, io.EOF)
		switch {
		case end && at == next:
			return true
		case most > 0 && errors.As(err, new(*recordbatch.TooLargeError)):
			s.offset = next
			return false
		case err != nil && !end:
			f.rewind(*s, at, lastEpoch, err)
			return true
		}
		lastEpoch = r.LeaderEpoch()
		if len(records) == 0 && !end {
			continue
		}
		// At the end, one without records tells how far the partition is read.
		next = r.NextOffset()
		b := message.Batch{
			Topic: s.p.Topic, Partition: s.p.Partition, Records: records, Next: next,
			LeaderEpoch: lastEpoch, TimestampType: r.TimestampType(), TopicID: s.topicID, Assignment: s.p.assignment, Memory: records,
		}
		if !f.put(*s, b) || end {
			return true
		}
	}
	return true
}

func (f *Fetcher) current(s fetched) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return s.wanted() && f.ctx.Err() == nil
}

// rewind fetches a partition again from an offset whose batch can't be decoded, or
// ends the fetcher if that stays so.
func (f *Fetcher) rewind(s fetched, offset int64, lastEpoch int32, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := s.p
	if !s.wanted() {
		return
	}
	p.rewinds++
	p.offset, p.lastEpoch = offset, lastEpoch
	if p.broken.count(offset, 0) > maxCorrupt {
		f.fail(p.fetchError(err))
	}
}

// footprint estimates the memory that the records of a batch keep alive.
func footprint(records []recordbatch.Record) int {
	n := len(records) * int(unsafe.Sizeof(recordbatch.Record{}))
	for i := range records {
		r := &records[i]
		n += len(r.Key) + len(r.Value) + len(r.Headers)*int(unsafe.Sizeof(recordbatch.Header{}))
		for j := range r.Headers {
			n += len(r.Headers[j].Key) + len(r.Headers[j].Value)
		}
	}
	return n
}
