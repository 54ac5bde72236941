package consumer

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/conduitio/conduit-connector-kafka/internal/group"
)

// knownTopics remembers how many partitions each topic had when the group first
// read it. Partitions above that number came later: they are read from their first
// record, whatever the start policy says, or what was written to them before the
// group noticed would be lost.
//
// The number travels as a note with every commit, so that it outlives the process
// and reaches the other members.
type knownTopics struct {
	mu     sync.Mutex
	counts map[string]int32
}

const noteFormat = "conduit partitions=%d"

// note is the metadata of a commit.
func (k *knownTopics) note(topic string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return fmt.Sprintf(noteFormat, k.counts[topic])
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

func (k *knownTopics) set(topic string, count int32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.counts == nil {
		k.counts = make(map[string]int32)
	}
	k.counts[topic] = count
}

// learn finds out what is to be known of topics: from the notes of commits, or, at
// the group's first start, from what is there. A topic that did not exist when this
// consumer started is all new.
func (c *Consumer) learn(ctx context.Context, topics []string) error {
	topics = c.known.unknown(topics)
	if len(topics) == 0 {
		return nil
	}
	found, err := c.client.Refresh(ctx, topics, false)
	if err != nil {
		return err
	}
	all := group.Partitions{}
	for name, t := range found {
		for _, p := range t.Partitions {
			all[name] = append(all[name], p.ID)
		}
	}
	committed, err := c.member.Committed(ctx, all)
	if err != nil {
		return err
	}
	for topic, ids := range all {
		count := int32(len(ids))
		if c.cfg.isMissing(topic) {
			count = 0
		}
		for _, o := range committed[topic] {
			var noted int32
			if _, err := fmt.Sscanf(strings.TrimSpace(o.Metadata), noteFormat, &noted); err == nil {
				count = noted
			}
		}
		c.known.set(topic, count)
	}
	return nil
}
