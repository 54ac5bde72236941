package consumer

import (
	"sync"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/offsets"
)

// groupTopics remembers how many partitions each topic had when the group first
// read it. Partitions above that number came later: they are read from their first
// record, whatever the start policy says, or what was written to them before the
// group noticed would be lost.
//
// The number travels in the note of every commit.
//
// A topic that was deleted and made again is new altogether: its ID tells.
type groupTopics struct {
	mu     sync.Mutex
	counts map[string]int32
	ids    map[string]cluster.TopicID
	remade map[string]bool // topics that were deleted and made again
	history
	brevity brevity // of the notes
}

// note is the metadata of a commit.
func (k *groupTopics) note(c offsets.Commit, cluster string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := note{partitions: k.counts[c.Topic], since: k.since, reads: k.reads, topic: c.TopicID, cluster: cluster}
	if c.High > c.At {
		n.high = c.High
	}
	return k.brevity.text(n)
}

// readSince takes over from a note when the group began to read what it reads.
func (k *groupTopics) readSince(n note) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n.reads == k.reads && n.since > 0 {
		k.since = min(k.since, n.since)
	}
}

// isNew reports whether a partition came after the group's first start.
func (k *groupTopics) isNew(topic string, id int32) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	count, ok := k.counts[topic]
	return ok && id >= count
}

func (k *groupTopics) unknown(topics []string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []string
	for _, t := range topics {
		if _, ok := k.counts[t]; !ok {
			out = append(out, t)
		}
	}
	return out
}

func (k *groupTopics) set(topic string, count int32, remade bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.put(topic, count); remade {
		k.markRemade(topic)
	}
}

// markRemade notes that a topic is another one than before. The lock is held.
func (k *groupTopics) markRemade(topic string) {
	if k.remade == nil {
		k.remade = make(map[string]bool)
	}
	k.remade[topic] = true
	k.put(topic, 0)
}

func (k *groupTopics) isRemade(topic string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.remade[topic]
}

func (k *groupTopics) put(topic string, count int32) {
	if k.counts == nil {
		k.counts = make(map[string]int32)
	}
	k.counts[topic] = count
}

// noteIDs notes the IDs of topics. One that has another ID than before has nothing
// but new partitions. It returns the names of such topics.
func (k *groupTopics) noteIDs(topics map[string]cluster.Topic) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ids == nil {
		k.ids = make(map[string]cluster.TopicID)
	}
	var again []string
	for name, t := range topics {
		if t.ID == (cluster.TopicID{}) {
			continue
		}
		if old, ok := k.ids[name]; ok && old != t.ID {
			k.markRemade(name)
			again = append(again, name)
		}
		k.ids[name] = t.ID
	}
	return again
}

// tellsIDs reports whether brokers tell the IDs of topics.
func (k *groupTopics) tellsIDs() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.ids) > 0
}
