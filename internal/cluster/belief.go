package cluster

import "time"

// Brokers say what they know of the cluster, and some know less: one that has just
// started, or that is cut off from the others and goes on answering. Metadata has no
// time stamp. What tells old from new is the leader epoch of a partition, which only
// rises while the topic has the same ID, and the number of partitions, which only
// grows. Topic IDs have no order, and there are none before Kafka 2.8.

// doubtful reports whether what a broker says of a topic may be older than what is
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

// learnLocked remembers what a broker says of a topic, and returns what is known then.
// Unless it is believed as it is, what is older than what is known is left out.
func (c *Client) learnLocked(t Topic, believed bool) Topic {
	if known, ok := c.believed[t.Name]; ok && t.Err == nil && !believed {
		switch unknown := (TopicID{}); {
		case t.ID == known.ID:
		case t.ID == unknown:
			t.ID = known.ID
		case known.ID != unknown: // another Refresh has got this ID meanwhile
			return known
		}
		t.Partitions = newer(known.Partitions, t.Partitions)
	}
	if c.topics[t.Name] = t; t.Err == nil {
		c.believed[t.Name] = t
	}
	return t
}

// newer merges what was known of a topic's partitions with what a broker says now. Both
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

// forgetAfter is how long a topic is remembered that is no longer among all topics.
const forgetAfter = time.Hour

// forgetLocked drops what is known of topics that are not among all topics, so that those
// which come and go don't take up memory for ever.
func (c *Client) forgetLocked(all map[string]Topic) {
	for name, t := range c.topics {
		if _, ok := all[name]; !ok && time.Since(t.AsOf) > forgetAfter {
			delete(c.topics, name)
			delete(c.believed, name)
			delete(c.told, name)
			delete(c.former, name)
		}
	}
}

// doubtful returns those topics of which what a broker says may be older than what is known.
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
