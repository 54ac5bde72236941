package simulation

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// checker goes through a book when all logs are known.
type checker struct {
	*book
	trails map[logID]*trail
	places map[int][]place // of each number
	handed map[hand]place
	quiet  bool // notes nothing
}

// place is where a record lies: the index among those of a log that are to be seen.
type place struct {
	*trail
	index int
}

// trail is what is to be read of a log, and how far that has come.
type trail struct {
	log       logID
	records   []logged
	acked     []bool
	prefix    int   // this many from the front are acknowledged
	committed int64 // seen last; -1: nothing
	loose     bool  // going back is allowed
	told      []toldEnd
	denied    bool             // it may be said not to have offsets which it has
	start     int64            // what is before has been deleted
	last      map[string]at    // by process
	kept      map[string]int64 // by process: what its position says
	reset     time.Duration    // by an operator, last; no member is seen to have committed since while byHand
	byHand    bool             // and no member is seen to have committed since
	operated  bool             // an operator has set the group's offset
	replay    int64            // up to here it is read again since then, whatever positions say
}

// at is the last record that a process returned of a log.
type at struct {
	index     int
	committed int64
	time      time.Duration
}

func (b *book) checker() *checker {
	return &checker{book: b, trails: make(map[logID]*trail), places: make(map[int][]place), handed: make(map[hand]place)}
}

func (c *checker) wrong(format string, args ...any) {
	if !c.quiet {
		c.book.wrong(format, args...)
	}
}

// check notes everything that does not hold.
func (c *checker) check() *checker {
	c.arrange()
	c.checkWritten()
	for _, e := range c.entries {
		c.follow(e)
	}
	return c
}

// arrange finds out what is where.
func (c *checker) arrange() {
	for log, all := range c.logs {
		t := &trail{log: log, committed: -1, last: make(map[string]at), kept: make(map[string]int64)}
		for _, offset := range slices.Sorted(maps.Keys(all)) {
			r := all[offset]
			n := c.get(r.number)
			if n == nil || n.value != r.value {
				c.wrong("%s offset %d: record %d with the value %.40q, which nobody wrote", log, offset, r.number, r.value)
				continue
			}
			if n.topic != log.topic || n.partition >= 0 && n.partition != log.partition {
				c.wrong("%s offset %d: record %d, which belongs to %s/%d", log, offset, r.number, n.topic, n.partition)
			}
			if n.hidden {
				continue
			}
			c.places[r.number] = append(c.places[r.number], place{t, len(t.records)})
			t.records = append(t.records, r)
		}
		t.acked = make([]bool, len(t.records))
		c.trails[log] = t
	}
}

// checkWritten compares what destinations said with what is in the logs.
func (c *checker) checkWritten() {
	for id, n := range c.numbers {
		if id == 0 {
			continue
		}
		copies := len(c.places[id])
		switch {
		case copies == 0 && n.durable > 0 && !n.hidden && !c.mayBeLost(n):
			c.wrong("record %d of %s was written at %s, says %s, and is not in the log", id, n.topic, seconds(n.durable), n.writers)
		case c.most(id) > max(1, len(n.writers)) && !n.loose && !c.mayBeTwice(id):
			c.wrong("record %d is in the log %d times (%s), written by %s", id, copies, c.where(id), n.writers)
		}
	}
	for _, t := range c.trails {
		highest := make(map[line]int)
		for _, r := range t.records {
			n := c.get(r.number)
			if n.durable == 0 || len(n.writers) != 1 || len(c.places[r.number]) != 1 || n.loose {
				continue
			}
			// The records of a partition keep their order, but where it is planned again
			// what is in which partition: then those of a key still do.
			one := line{n.writers[0], n.key}
			if n.partition >= 0 {
				one.key = -1
			}
			if r.number < highest[one] {
				c.wrong("%s offset %d: record %d after record %d, both written by %s", t.log, r.offset, r.number, highest[one], one.who)
			}
			highest[one] = max(highest[one], r.number)
		}
	}
}

// most is how many copies of a record are in one topic. In the topic that is made in
// the place of another one it is no copy.
func (c *checker) most(id int) (most int) {
	copies := make(map[[16]byte]int)
	for _, p := range c.places[id] {
		copies[p.log.id]++
		most = max(most, copies[p.log.id])
	}
	return most
}

// mayBeTwice reports whether a record may be in two partitions of a topic. A request that
// its sender has given up may arrive after the topic was made again and the record was
// given to another partition of it, and no client can help that.
func (c *checker) mayBeTwice(id int) bool {
	seen := make(map[logID]bool)
	for _, p := range c.places[id] {
		if seen[p.log] {
			return false
		}
		seen[p.log] = true
	}
	for _, deleted := range c.deleted {
		if c.get(id).tried <= deleted && slices.ContainsFunc(c.late, func(at time.Duration) bool { return deleted < at }) {
			return true
		}
	}
	return false
}

// line is what keeps its order: what a destination writes with one key.
type line struct {
	who string
	key int
}

func (c *checker) where(id int) (out []string) {
	for _, p := range c.places[id] {
		out = append(out, fmt.Sprintf("%s:%d", p.log, p.records[p.index].offset))
	}
	return out
}

// unread notes the logs that were not read to their ends.
func (c *checker) unread(live []logID) {
	for _, log := range live {
		if t := c.trails[log]; t != nil && t.prefix < len(t.records) {
			c.wrong("%s was read up to offset %d of %d", log, t.records[t.prefix].offset, t.records[len(t.records)-1].offset)
		}
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3fs", d.Seconds()) }
