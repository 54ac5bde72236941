package produce

import (
	"fmt"
	"math/rand/v2"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// partitioner chooses partitions as Java's default partitioner does: murmur2 of
// the key; messages without a key stick to one partition per Send and topic, so
// that they share a record batch.
type partitioner struct {
	hash   kafkago.Murmur2Balancer
	ids    []int // 0, 1, 2 … as far as needed
	turn   int   // moves the sticky partition on from Send to Send
	sticky map[string]int32
}

func newPartitioner() partitioner {
	return partitioner{hash: kafkago.Murmur2Balancer{Consistent: true}, turn: rand.IntN(1 << 20), sticky: make(map[string]int32)}
}

// begin starts a new batch.
func (p *partitioner) begin() {
	p.turn++
	clear(p.sticky)
}

func (p *partitioner) partition(t cluster.Topic, m *message.Message) (int32, error) {
	n := len(t.Partitions)
	switch {
	case m.Partition >= 0:
		if int(m.Partition) >= n {
			return 0, fmt.Errorf("choose partition %d of topic %q: it has partitions 0 to %d", m.Partition, t.Name, n-1)
		}
		return m.Partition, nil
	case m.Key != nil:
		for len(p.ids) < n {
			p.ids = append(p.ids, len(p.ids))
		}
		return int32(p.hash.Balance(kafkago.Message{Key: m.Key}, p.ids[:n]...)), nil
	}
	id, ok := p.sticky[t.Name]
	if !ok {
		id = p.stick(t)
		p.sticky[t.Name] = id
	}
	return id, nil
}

// stick takes the next partition in turn that has a leader.
func (p *partitioner) stick(t cluster.Topic) int32 {
	n := len(t.Partitions)
	for i := range n {
		if c := t.Partitions[(p.turn+i)%n]; c.Leader >= 0 {
			return c.ID
		}
	}
	return int32(p.turn % n)
}
