package cluster

import (
	"slices"

	kafkago "github.com/segmentio/kafka-go"
)

// LeaderHint is what a broker that refuses to serve a partition says of its leader
// (KIP-951).
type LeaderHint struct {
	Topic       string
	TopicID     TopicID // of the topic that was asked for; zero where it was named alone
	Partition   int32
	Leader      int32 // node ID
	LeaderEpoch int32
}

// LedElsewhere reports whether an error code of a partition says that another broker leads
// it. Then the answer may have a hint.
func LedElsewhere(code int16) bool {
	switch kafkago.Error(code) {
	case kafkago.NotLeaderForPartition, kafkago.FencedLeaderEpoch:
		return true
	}
	return false
}

// Endpoint is where a broker is reached, as an answer says.
type Endpoint struct {
	Node int32
	Host string
	Port int32
}

// TakeHints believes hints that are newer than what is known, and returns those: from
// then on Cached names their leaders, and metadata need not be asked for. The endpoints
// are those of the same answer.
//
// A hint is one broker's word. It counts for a partition that is known, of the same topic,
// if its leader epoch is newer than the known one, and if it is known where the leader is
// reached. So each epoch is taken once, and two brokers that name each other send nobody
// to and fro. Metadata of the same epoch takes its place, and where brokers agree on an
// older one, that does.
func (c *Client) TakeHints(hints []LeaderHint, endpoints []Endpoint) (taken []LeaderHint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	changed := make(map[string]Topic)
	for _, h := range hints {
		t, ok := changed[h.Topic]
		if !ok {
			t = c.topics[h.Topic]
		}
		i, news := h.news(t)
		if !news || !c.reachLocked(h.Leader, endpoints) {
			continue
		}
		if !ok {
			t.Partitions = slices.Clone(t.Partitions) // others read what is known so far
		}
		t.Partitions[i].Leader, t.Partitions[i].LeaderEpoch, t.Partitions[i].Err = h.Leader, h.LeaderEpoch, nil
		changed[h.Topic] = t
		taken = append(taken, h)
	}
	for name, t := range changed {
		c.topics[name], c.believed[name] = t, t
	}
	return taken
}

// news reports whether a hint is newer than what is known of its topic, and which of the
// partitions it is about.
func (h LeaderHint) news(known Topic) (i int, news bool) {
	unknown := TopicID{}
	if known.Err != nil || h.Leader < 0 || h.TopicID != unknown && known.ID != unknown && h.TopicID != known.ID {
		return 0, false
	}
	i, ok := slices.BinarySearchFunc(known.Partitions, h.Partition, byPartition)
	return i, ok && known.Partitions[i].LeaderEpoch >= 0 && h.LeaderEpoch > known.Partitions[i].LeaderEpoch
}

// reachLocked notes where a leader is reached, if one of the endpoints says so, and reports
// whether that is known.
func (c *Client) reachLocked(node int32, endpoints []Endpoint) bool {
	before, known := c.brokers[node]
	i := slices.IndexFunc(endpoints, func(e Endpoint) bool { return e.Node == node })
	if i < 0 || !plausibleHost(endpoints[i].Host) {
		return known
	}
	addr := joinAddr(endpoints[i].Host, endpoints[i].Port)
	if addr == before {
		return true
	}
	c.named(addr)
	c.locateLocked(node, addr)
	return true
}

// locateLocked notes where a node is reached.
func (c *Client) locateLocked(node int32, addr string) {
	before, known := c.brokers[node]
	if c.brokers[node] = addr; known && before != addr {
		c.dropStaleLocked()
	}
}
