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
	sum    uint64
}

var seed = maphash.MakeSeed()

// Left notes the messages of a batch that were not written, with their places.
func (t *Table) Left(messages []message.Message, places []Place) {
	t.left = nil
	for i, p := range places {
		run, offset, err := t.origin(messages[i].Position)
		if err != nil {
			return
		}
		t.left = append(t.left, left{run, offset, p.Count, sum(&messages[i])})
	}
}

// again returns which of the records at its offset a message is if it is one that was left,
// otherwise 0.
func (t *Table) again(run *Run, offset int64, m *message.Message) int {
	if len(t.left) == 0 {
		return 0
	}
	for i, l := range t.left {
		if l.run == run && l.offset == offset && l.sum == sum(m) {
			t.left = t.left[i+1:]
			return l.count
		}
	}
	t.left = nil
	return 0
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
