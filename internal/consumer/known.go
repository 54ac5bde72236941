package consumer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
)

// knownTopics remembers how many partitions each topic had when the group first
// read it. Partitions above that number came later: they are read from their first
// record, whatever the start policy says, or what was written to them before the
// group noticed would be lost.
//
// The number travels in the note of every commit.
//
// A topic that was deleted and made again is new altogether: its ID tells.
type knownTopics struct {
	mu     sync.Mutex
	counts map[string]int32
	ids    map[string]cluster.TopicID
	remade map[string]bool                      // topics that were deleted and made again
	read   map[string]map[int32]cluster.TopicID // by topic and partition: what the offsets at hand are of
	history
}

// notes returns what makes the metadata of commits. It is to be called before the
// offsets are collected: then those of a partition that goes on in another log
// meanwhile may be taken for the old one's, and read again, but never the other way
// round.
func (k *knownTopics) notes() func(topic string, id int32) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	read := make(map[string]map[int32]cluster.TopicID, len(k.read))
	for topic, ids := range k.read {
		read[topic] = maps.Clone(ids)
	}
	return func(topic string, id int32) string {
		k.mu.Lock()
		defer k.mu.Unlock()
		return note{k.counts[topic], k.since, k.reads, read[topic][id]}.String()
	}
}

// reading notes which topic's offsets a partition has from now on.
func (k *knownTopics) reading(t cluster.Topic, id int32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.read == nil {
		k.read = make(map[string]map[int32]cluster.TopicID)
	}
	if k.read[t.Name] == nil {
		k.read[t.Name] = make(map[int32]cluster.TopicID)
	}
	k.read[t.Name][id] = t.ID
}

// remember takes over from a note when the group began to read what it reads.
func (k *knownTopics) remember(n note) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n.reads == k.reads && n.since > 0 {
		k.since = min(k.since, n.since)
	}
}

// isNew tells whether a partition came after the group's first start.
func (k *knownTopics) isNew(topic string, id int32) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	count, ok := k.counts[topic]
	return ok && id >= count
}

func (k *knownTopics) unknown(topics []string) []string {
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

func (k *knownTopics) set(topic string, count int32, remade bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.put(topic, count); remade {
		k.remake(topic)
	}
}

// remake notes that a topic is another one than before. The lock is held.
func (k *knownTopics) remake(topic string) {
	if k.remade == nil {
		k.remade = make(map[string]bool)
	}
	k.remade[topic] = true
	k.put(topic, 0)
}

func (k *knownTopics) isRemade(topic string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.remade[topic]
}

func (k *knownTopics) put(topic string, count int32) {
	if k.counts == nil {
		k.counts = make(map[string]int32)
	}
	k.counts[topic] = count
}

// identify notes the IDs of topics. One that has another ID than before has nothing
// but new partitions. It returns the names of such topics.
func (k *knownTopics) identify(topics map[string]cluster.Topic) []string {
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
			k.remake(name)
			again = append(again, name)
		}
		k.ids[name] = t.ID
	}
	return again
}

// learn finds out what is to be known of topics: from the notes of commits, or, at
// the group's first start, from what is there. A topic that did not exist when this
// consumer started is all new, and one that the group has passed over.
func (c *Consumer) learn(ctx context.Context, topics []string) error {
	found, err := c.client.Refresh(ctx, topics, false)
	if err != nil {
		return err
	}
	for _, topic := range c.known.identify(found) {
		c.cfg.Info(fmt.Sprintf("topic %q was deleted and made again: reading it from its first record", topic))
	}
	all := group.Partitions{}
	for _, name := range c.known.unknown(topics) {
		for _, p := range found[name].Partitions {
			all[name] = append(all[name], p.ID)
		}
	}
	if len(all) == 0 {
		return nil
	}
	committed, err := c.member.Committed(ctx, all)
	if err != nil {
		return err
	}
	old := false
	if !c.cfg.FromBeginning && slices.ContainsFunc(all.Topics(), func(t string) bool { return nothingIn(committed[t]) }) {
		if old, err = c.passedOver(ctx); err != nil {
			return err
		}
	}
	for topic, ids := range all {
		count, remade := int32(len(ids)), false
		if c.cfg.isMissing(topic) || old && nothingIn(committed[topic]) {
			count = 0
		}
		for _, o := range committed[topic] {
			n, ok := readNote(o.Metadata)
			if ok {
				count = n.partitions
				c.known.remember(n)
			}
			remade = remade || c.ofAnother(topic, o)
		}
		c.known.set(topic, count, remade)
	}
	return nil
}

// nothingIn tells whether none of the offsets is committed.
func nothingIn(parts map[int32]group.Offset) bool {
	for _, o := range parts {
		if o.At >= 0 {
			return false
		}
	}
	return true
}
