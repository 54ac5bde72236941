package simulation

import (
	"slices"
	"sync"
	"time"
)

// standstill is how long a record may wait to be written or read while everything
// that it needs is well. It is above the longest that a client may take to see that
// something has changed: a silent connection, a session, a look at the topics, an
// assignment.
const standstill = 35 * time.Second

// health remembers when what was not well, for the question at the end whether
// something stood still without a reason.
type health struct {
	mu           sync.Mutex
	counts       map[string]int32 // partitions by topic
	leaders      map[seat][]led
	coordinators []led
	spans        []span
}

type seat struct {
	topic     string
	partition int32
}

// led is since when a broker leads.
type led struct {
	since time.Duration
	node  int32
}

// span is a time in which something is not well: a broker, a topic, the group, or
// everything.
type span struct {
	from, to time.Duration
	node     int32 // -1: all
	topic    string
	group    bool // sources only
	writing  bool // destinations only
}

func (h *health) leads(now time.Duration, topic string, partition, node int32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.leaders == nil {
		h.leaders, h.counts = make(map[seat][]led), make(map[string]int32)
	}
	s := seat{topic, partition}
	h.leaders[s] = append(h.leaders[s], led{now, node})
	h.counts[topic] = max(h.counts[topic], partition+1)
}

// shrunk notes how many partitions a topic has now.
func (h *health) shrunk(topic string, partitions int32) {
	h.mu.Lock()
	h.counts[topic] = partitions
	h.mu.Unlock()
}

func (h *health) partitions(topic string) int32 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return max(h.counts[topic], 1)
}

func (h *health) coordinates(now time.Duration, node int32) {
	h.mu.Lock()
	h.coordinators = append(h.coordinators, led{now, node})
	h.mu.Unlock()
}

func (h *health) disturb(s span) {
	h.mu.Lock()
	h.spans = append(h.spans, s)
	h.mu.Unlock()
}

// during returns the times within a span in which one of the leaders is its broker.
func during(s span, leaders []led) (out []span) {
	for i, l := range leaders {
		until := s.to
		if i+1 < len(leaders) {
			until = min(until, leaders[i+1].since)
		}
		if from := max(s.from, l.since); l.node == s.node && from < until {
			out = append(out, span{from: from, to: until})
		}
	}
	return out
}

// reading are the times in which what a partition is read with is not well.
func (h *health) reading(p seat) (out []span) {
	for _, s := range h.spans {
		switch {
		case s.writing, s.topic != "" && s.topic != p.topic:
		case s.node < 0:
			out = append(out, s)
		default:
			out = append(out, during(s, h.leaders[p])...)
			out = append(out, during(s, h.coordinators)...)
		}
	}
	return out
}

// writing are the times in which something that a batch may need is not well.
func (h *health) writing() (out []span) {
	for _, s := range h.spans {
		switch {
		case s.group:
		case s.node < 0:
			out = append(out, s)
		default:
			for _, leaders := range h.leaders {
				out = append(out, during(s, leaders)...)
			}
		}
	}
	return out
}

// calm returns the longest time between from and to that no span covers.
func calm(from, to time.Duration, spans []span) (longest time.Duration) {
	slices.SortFunc(spans, func(a, b span) int { return int(a.from - b.from) })
	for _, s := range spans {
		if s.to <= from {
			continue
		}
		if s.from >= to {
			break
		}
		longest = max(longest, s.from-from)
		from = s.to
	}
	return max(longest, to-from)
}

// checkStandstill notes the records that waited though everything was well.
func (w *World) checkStandstill(c *checker) {
	writing := w.health.writing()
	reading := make(map[seat][]span)
	waited := 0
	for id, n := range w.book.numbers {
		if id == 0 || waited > 2 {
			continue
		}
		if n.tried > 0 && n.durable > 0 {
			if long := calm(n.tried, n.durable, writing); long > standstill {
				waited++
				w.book.wrong("record %d of %s/%d is tried to be written at %s, and written at %s: %s without a reason",
					id, n.topic, n.partition, seconds(n.tried), seconds(n.durable), seconds(long))
			}
		}
		if n.durable == 0 || n.hidden || len(c.places[id]) == 0 || n.read == 0 {
			continue
		}
		p := seat{n.topic, n.at}
		if _, ok := reading[p]; !ok {
			reading[p] = w.health.reading(p)
		}
		if long := calm(n.durable, n.read, reading[p]); long > standstill {
			waited++
			w.book.wrong("record %d of %s/%d is written at %s, and read at %s: %s without a reason",
				id, n.topic, n.at, seconds(n.durable), seconds(n.read), seconds(long))
		}
	}
}
