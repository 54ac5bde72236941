package produce

import (
	"math/rand/v2"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// keyless chooses partitions where no key decides. Partitions without a leader
// are passed over, as long as there is one with a leader.
type keyless interface {
	// begin starts a new batch.
	begin()
	choose(t cluster.Topic, m *message.Message) int32
}

// available is the first partition with a leader at or after index i, in turn;
// i itself if none has one.
func available(t cluster.Topic, i int) int32 {
	n := len(t.Partitions)
	for j := range n {
		if p := t.Partitions[(i+j)%n]; p.Leader >= 0 {
			return p.ID
		}
	}
	return t.Partitions[i%n].ID
}

// sticky keeps to one partition per batch and topic, so that messages share a
// record batch, and moves on with the next batch.
type sticky struct {
	turn   int
	chosen map[string]int32
}

func newSticky() keyless {
	return &sticky{turn: rand.IntN(1 << 20), chosen: make(map[string]int32)}
}

func (s *sticky) begin() {
	s.turn++
	clear(s.chosen)
}

func (s *sticky) choose(t cluster.Topic, _ *message.Message) int32 {
	id, ok := s.chosen[t.Name]
	if !ok || int(id) >= len(t.Partitions) { // of which a topic made again may have fewer
		id = available(t, s.turn)
		s.chosen[t.Name] = id
	}
	return id
}

type random struct{}

func newRandom() keyless { return random{} }

func (random) begin() {}

func (random) choose(t cluster.Topic, _ *message.Message) int32 {
	i := rand.IntN(len(t.Partitions))
	if t.Partitions[i].Leader >= 0 {
		return t.Partitions[i].ID
	}
	// Those after a gap must not get its share all alone.
	var led []int32
	for _, p := range t.Partitions {
		if p.Leader >= 0 {
			led = append(led, p.ID)
		}
	}
	if len(led) == 0 {
		return t.Partitions[i].ID
	}
	return led[rand.IntN(len(led))]
}

// roundRobin gives each partition of a topic a message in turn.
type roundRobin map[string]int // the next by topic

func newRoundRobin() keyless { return roundRobin{} }

func (roundRobin) begin() {}

func (r roundRobin) choose(t cluster.Topic, _ *message.Message) int32 {
	id := available(t, r[t.Name]%len(t.Partitions))
	r[t.Name] = int(id) + 1
	return id
}

// leastBytes gives a message to the partition that got the fewest bytes of keys
// and values so far, the first of several. It begins again when a topic gets more
// partitions: all would go to the new ones otherwise.
type leastBytes map[string][]int64 // by topic and partition

func newLeastBytes() keyless { return leastBytes{} }

func (leastBytes) begin() {}

func (l leastBytes) choose(t cluster.Topic, m *message.Message) int32 {
	got := l[t.Name]
	if len(got) != len(t.Partitions) {
		got = make([]int64, len(t.Partitions))
		l[t.Name] = got
	}
	least := -1
	for i, p := range t.Partitions {
		if p.Leader >= 0 && (least < 0 || got[i] < got[least]) {
			least = i
		}
	}
	least = max(least, 0)
	got[least] += int64(len(m.Key) + len(m.Value))
	return t.Partitions[least].ID
}
