package progress

import (
	"encoding/binary"
	"hash/maphash"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// A batch that ends in the middle leaves records unwritten, which have been counted. They
// may come again, or some of them, or none: they are on their way into a dead-letter
// queue. A record that comes again has the same position as another one that a processor
// has made of the same record, so that contents decide.

// left is a record that was not written.
type left struct {
	run    *Run
	offset int64
	count  int
	prev   Spot
	sum    uint64
}

var seed = maphash.MakeSeed()

// Left notes the messages of a batch that were not written. Those from the first one on that
// has no place have none.
func (t *Table) Left(messages []message.Message, places []Place) {
	t.left = nil
	for i, p := range places {
		p.fail()
		if run, offset, err := t.origin(messages[i].Position); err == nil {
			if run.state == nil { // the origin has forgotten the run meanwhile
				run.state = p.state
			}
			t.left = append(t.left, left{run, offset, p.Count, p.prev, sum(&messages[i])})
		}
	}
	for i := len(places); i < len(messages); i++ {
		t.Miss(messages[i].Position)
	}
}

// Miss notes a record of which no message could be made.
func (t *Table) Miss(position []byte) {
	if run, offset, err := t.origin(position); err == nil {
		t.place(run, offset).fail()
	}
}

// fail notes that a record is not written, unless it was before.
func (p Place) fail() {
	if s := p.state; s.done.before(p.Mark) {
		s.failed = s.failed.with(p.spot(), p.prev)
	}
}

// again finds a message among those that were left.
func (t *Table) again(run *Run, offset int64, m *message.Message) (left, bool) {
	if len(t.left) == 0 {
		return left{}, false
	}
	for i, l := range t.left {
		if l.run == run && l.offset == offset && l.sum == sum(m) {
			t.left = t.left[i+1:]
			return l, true
		}
	}
	t.left = nil
	return left{}, false
}

func sum(m *message.Message) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	put := func(b []byte) {
		h.Write(binary.AppendVarint(nil, int64(len(b))))
		h.Write(b)
	}
	put([]byte(m.Topic))
	put(m.Key)
	put(m.Value)
	for i := range m.Headers {
		put([]byte(m.Headers[i].Key))
		put(m.Headers[i].Value)
	}
	return h.Sum64()
}
