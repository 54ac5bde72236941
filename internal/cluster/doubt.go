package cluster

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// doubtTime is how long after trouble with a broker the others are asked before it.
// A broker that is cut off from the rest of its cluster answers questions about it at
// once, with what it knew before: that it answers is no reason to trust it again. Nor
// is trouble with all the others a reason to trust it for long.
const doubtTime = 10 * time.Second

// Doubt notes that there was trouble with a broker: it was silent, hung up, or was
// not what metadata said. For ten seconds the others are asked before it whatever every
// broker can answer, such as who leads a partition.
func (c *Client) Doubt(node int32) {
	c.mu.Lock()
	addr, ok := c.brokers[node]
	c.mu.Unlock()
	if ok {
		c.doubt(addr)
	}
}

func (c *Client) doubt(addr string) {
	c.mu.Lock()
	c.doubts[addr] = time.Now()
	c.mu.Unlock()
}

// inDoubtLocked reports whether there was trouble with an address lately.
func (c *Client) inDoubtLocked(addr string) bool { return time.Since(c.doubts[addr]) < doubtTime }

// candidates lists the addresses to ask, each once: the brokers that metadata lists,
// then the bootstrap list, both in random order so that no broker is asked by
// everybody, nor always; last those in doubt, the latest trouble at the end.
func (c *Client) candidates() []string { return c.candidatesAfter(nil) }

// candidatesAfter is candidates with some addresses after the others that metadata
// lists.
func (c *Client) candidatesAfter(later map[string]bool) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	seen := make(map[string]bool, len(c.brokers)+len(c.seeds))
	var trusted, doubted []string
	add := func(addrs []string) {
		rand.Shuffle(len(addrs), func(i, j int) { addrs[i], addrs[j] = addrs[j], addrs[i] })
		for _, a := range addrs {
			switch {
			case seen[a]:
			case c.inDoubtLocked(a):
				doubted = append(doubted, a)
			default:
				trusted = append(trusted, a)
			}
			seen[a] = true
		}
	}
	first, last := make([]string, 0, len(c.brokers)), make([]string, 0, len(later))
	for _, a := range c.brokers {
		if later[a] {
			last = append(last, a)
		} else {
			first = append(first, a)
		}
	}
	add(first)
	add(last)
	add(slices.Clone(c.seeds))
	slices.SortStableFunc(doubted, func(a, b string) int { return cmp.Compare(c.doubts[a].UnixNano(), c.doubts[b].UnixNano()) })
	return append(trusted, doubted...)
}

// toldOf lists the addresses of the brokers that described topics last, all topics where
// names is nil. A caller that asks again wants to know what has changed since: a broker that
// is cut off from the others would say the same each time.
func (c *Client) toldOf(names []string) map[string]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	told := make(map[string]bool)
	if names == nil {
		told[c.toldAll] = true
	}
	for _, name := range names {
		told[c.told[name]] = true
	}
	return told
}
