package cluster

import (
	"context"
	"slices"
	"time"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Brokers tell what they know of the cluster, and some know less: one that has just
// started, or that is cut off from the others and goes on answering. Metadata has no
// time stamp. What tells old from new is the leader epoch of a partition, which only
// rises while the topic has the same ID, and the number of partitions, which only
// grows. Topic IDs have no order.

// learn remembers what a broker tells of a topic, except for what is older than what
// is known, and returns the outcome. The lock is held.
func (c *Client) learn(t Topic) Topic {
	known, ok := c.believed[t.Name]
	if ok && t.Err == nil && t.ID == known.ID && t.ID != (TopicID{}) {
		t.Partitions = newer(known.Partitions, t.Partitions)
	}
	if c.topics[t.Name] = t; t.Err == nil {
		c.believed[t.Name] = t
	}
	return t
}

// newer merges what was known of a topic's partitions with what is told now. Both
// are in the order of their IDs.
func newer(known, told []Partition) []Partition {
	out := make([]Partition, 0, max(len(known), len(told)))
	for len(known) > 0 && len(told) > 0 {
		switch k, p := known[0], told[0]; {
		case k.ID < p.ID:
			out, known = append(out, k), known[1:]
		case k.ID > p.ID:
			out, told = append(out, p), told[1:]
		case p.LeaderEpoch >= 0 && p.LeaderEpoch < k.LeaderEpoch:
			out, known, told = append(out, k), known[1:], told[1:]
		default:
			out, known, told = append(out, p), known[1:], told[1:]
		}
	}
	return append(append(out, known...), told...)
}

// maxOpinions is how many further brokers are asked about a topic ID that has changed.
const maxOpinions = 2

// confirm takes back what one broker tells of topics whose ID has changed, unless
// another one tells the same. A topic that was deleted and made again is read from its
// start: a broker that has not heard of it yet, or never will, must not take the
// client back to the topic that was before. Where nobody else can be asked, or the
// others know of neither, the first is believed.
func (c *Client) confirm(ctx context.Context, topics map[string]Topic, from string) {
	changed := c.changed(topics)
	others := c.others(from)
	for range maxOpinions {
		if len(changed) == 0 || len(others) == 0 {
			return
		}
		soon, cancel := context.WithTimeout(ctx, 2*hedgeDelay)
		v, second, err := anyBroker(soon, c, protocol.Metadata, others, func(ctx context.Context, conn *wire.Conn) (view, error) {
			return askMetadata(ctx, conn, changed, false)
		})
		cancel()
		if err != nil {
			return
		}
		others = slices.DeleteFunc(others, func(addr string) bool { return addr == second })
		opinions := v.byName(changed)
		changed = slices.DeleteFunc(changed, func(name string) bool {
			return opinions[name].ID == topics[name].ID || !c.believes(opinions[name])
		})
	}
	for _, name := range changed {
		c.mu.Lock()
		topics[name] = c.believed[name]
		c.mu.Unlock()
	}
}

// others lists the addresses of the brokers that metadata lists, but for one.
func (c *Client) others(addr string) []string {
	listed := make(map[string]bool)
	c.mu.Lock()
	for _, a := range c.brokers {
		listed[a] = a != addr
	}
	c.mu.Unlock()
	return slices.DeleteFunc(c.candidates(), func(a string) bool { return !listed[a] })
}

// forgetAfter is how long a topic is remembered that is no longer among all topics.
const forgetAfter = time.Hour

// forget drops what is known of topics that are not among all topics, so that those
// which come and go don't take up memory for ever. The lock is held.
func (c *Client) forget(all map[string]Topic) {
	for name, t := range c.topics {
		if _, ok := all[name]; !ok && time.Since(t.AsOf) > forgetAfter {
			delete(c.topics, name)
			delete(c.believed, name)
		}
	}
}

// changed lists the topics that have another ID than before.
func (c *Client) changed(topics map[string]Topic) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for name, t := range topics {
		known := c.believed[name].ID
		if t.Err == nil && t.ID != known && t.ID != (TopicID{}) && known != (TopicID{}) {
			names = append(names, name)
		}
	}
	return names
}

// believes reports whether a topic has the ID that is known.
func (c *Client) believes(t Topic) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return t.ID == c.believed[t.Name].ID
}
