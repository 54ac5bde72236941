package cluster

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Brokers tell what they know of the cluster, and some know less: one that has just
// started, or that is cut off from the others and goes on answering. Metadata has no
// time stamp. What tells old from new is the leader epoch of a partition, which only
// rises while the topic has the same ID, and the number of partitions, which only
// grows. Topic IDs have no order, and there are none before Kafka 2.8.

// doubtful reports whether what a broker tells of a topic may be older than what is
// known: it has another ID, fewer partitions or an older leader epoch.
func doubtful(known, told Topic) bool {
	return told.ID != known.ID && told.ID != (TopicID{}) && known.ID != (TopicID{}) || fallen(known, told)
}

// fallen reports whether a topic has fewer partitions than is known, or a partition an
// older leader epoch.
func fallen(known, told Topic) bool {
	for _, k := range known.Partitions {
		p, ok := told.Partition(k.ID)
		if !ok || p.LeaderEpoch >= 0 && p.LeaderEpoch < k.LeaderEpoch {
			return true
		}
	}
	return false
}

// learn remembers what a broker tells of a topic, and returns what is known then.
// Unless it is believed as it is told, what is older than what is known is left out.
// The lock is held.
func (c *Client) learn(t Topic, believed bool) Topic {
	if known, ok := c.believed[t.Name]; ok && t.Err == nil && !believed {
		switch unknown := (TopicID{}); {
		case t.ID == known.ID:
		case t.ID == unknown:
			t.ID = known.ID
		case known.ID != unknown: // another Refresh was told of this ID meanwhile
			return known
		}
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

// maxOpinions is how many further brokers are asked about what is doubtful.
const maxOpinions = 2

// opinion is what other brokers say of what one has told of a topic.
type opinion struct {
	known, told  Topic
	confirmed    int // by this many
	contradicted int // in words of a broker in doubt
}

// hear counts what another broker tells, and its contradiction as that of this many
// brokers in doubt.
func (o *opinion) hear(t Topic, words int) {
	switch {
	case t.Err != nil:
	case o.told.ID != o.known.ID && t.ID == o.told.ID:
		o.confirmed++
	case o.told.ID != o.known.ID && t.ID != o.known.ID:
	case o.told.ID == o.known.ID && fallen(o.known, t):
		o.confirmed++
	default:
		o.contradicted += words
	}
}

// confirm asks other brokers about what one has told that is doubtful, and returns the
// topics for which it is believed. A topic that was deleted and made again is read from
// its start: a broker that has not heard of it yet, or never will, must not take the
// client back to the topic that was before. One that is in doubt contradicts none that is
// not, but two do: connections to both may have broken for another reason.
// Where nobody else can be asked, or the others know of neither, the first is believed.
func (c *Client) confirm(ctx context.Context, topics map[string]Topic, from string) map[string]bool {
	open := c.doubtful(topics)
	if len(open) == 0 {
		return nil
	}
	others, doubted, needed := c.others(from)
	believed := make(map[string]bool, len(open))
	for range maxOpinions {
		names := slices.Collect(maps.Keys(open))
		if len(names) == 0 || len(others) == 0 {
			break
		}
		soon, cancel := context.WithTimeout(ctx, 2*hedgeDelay)
		v, second, err := anyBroker(soon, c, protocol.Metadata, others, func(ctx context.Context, conn *wire.Conn) (view, error) {
			return askMetadata(ctx, conn, names, false)
		})
		cancel()
		if ctx.Err() != nil {
			return believed // what was not confirmed by then is not believed
		}
		if err != nil {
			break
		}
		others = slices.DeleteFunc(others, func(addr string) bool { return addr == second })
		told, words := v.byName(names), maxOpinions
		if doubted[second] {
			words = 1
		}
		for name, o := range open {
			if o.hear(told[name], words); o.confirmed >= needed {
				believed[name] = true
				delete(open, name)
			}
		}
	}
	for name, o := range open {
		believed[name] = o.contradicted < maxOpinions
	}
	return believed
}

// others lists the addresses of the brokers that may contradict the one at an address,
// those last which are in doubt where it is not, and says how many are needed to confirm
// what it tells: two where it is known by another address, since one of them may be the
// same broker.
func (c *Client) others(from string) (addrs []string, doubted map[string]bool, needed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	needed, trusted := 2, false
	for _, a := range c.brokers {
		if a == from {
			needed, trusted = 1, !c.inDoubt(a)
		}
	}
	doubted = make(map[string]bool)
	var last []string
	for _, a := range c.brokers {
		switch {
		case a == from:
		case trusted && c.inDoubt(a):
			doubted[a], last = true, append(last, a)
		default:
			addrs = append(addrs, a)
		}
	}
	addrs = append(addrs, last...)
	return addrs, doubted, min(needed, max(len(addrs), 1))
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
			delete(c.told, name)
		}
	}
}

// doubtful returns those topics of which what is told may be older than what is known.
func (c *Client) doubtful(topics map[string]Topic) map[string]*opinion {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out map[string]*opinion
	for name, told := range topics {
		known, ok := c.believed[name]
		if !ok || told.Err != nil || !doubtful(known, told) {
			continue
		}
		if out == nil {
			out = make(map[string]*opinion)
		}
		out[name] = &opinion{known: known, told: told}
	}
	return out
}
