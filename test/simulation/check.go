package simulation

import (
	"cmp"
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
	prefix    int           // this many from the front are acknowledged
	committed int64         // seen last; -1: nothing
	loose     bool          // going back is allowed
	last      map[string]at // by process
}

// at is the last record that a process returned of a log.
type at struct {
	index     int
	committed int64
	time      time.Duration
}

// check notes everything that does not hold.
func (b *book) check() *checker {
	c := &checker{book: b, trails: make(map[logID]*trail), places: make(map[int][]place), handed: make(map[hand]place)}
	c.arrange()
	c.checkWritten()
	for _, e := range b.entries {
		c.follow(e)
	}
	return c
}

// arrange finds out what is where.
func (c *checker) arrange() {
	for log, all := range c.logs {
		t := &trail{log: log, committed: -1, last: make(map[string]at)}
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
		case copies == 0 && n.durable > 0 && !n.hidden:
			c.wrong("record %d of %s was written at %s, says %s, and is not in the log", id, n.topic, seconds(n.durable), n.writers)
		case c.most(id) > max(1, len(n.writers)) && !n.loose:
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

// follow takes one line of the book.
func (c *checker) follow(e entry) {
	if e.kind == wasRead || e.kind == wasAcked {
		if p, ok := c.find(e); ok && e.kind == wasRead {
			c.followRead(e, p)
		} else if ok {
			p.ack(p.index)
		} else if e.kind == wasRead && c.get(e.number) != nil {
			c.wrong("%s at %s: %s returns record %d at %s/%d offset %d, where it is not to be seen (it is at %s, hidden: %t)",
				"read", seconds(e.time), e.who, e.number, e.log.topic, e.log.partition, e.offset, c.where(e.number), c.get(e.number).hidden)
		}
		return
	}
	t := c.trails[e.log]
	if t == nil {
		return
	}
	if at, ok := c.deleted[t.log.id]; ok && at < e.time {
		return // nobody goes on from what is committed for it
	}
	switch e.kind {
	case wasAsked:
		if t.prefix < len(t.records) && e.offset > t.records[t.prefix].offset && !c.tardy(e.time) {
			c.wrong("commit at %s: %s commits %s at %d, but offset %d was not acknowledged", seconds(e.time), e.who, t.log, e.offset, t.records[t.prefix].offset)
		}
	case wasSeen:
		if e.offset < t.committed && !t.loose && !c.tardy(e.time) {
			c.wrong("commit at %s: the group's offset in %s goes back from %d to %d", seconds(e.time), t.log, t.committed, e.offset)
		}
		t.committed = e.offset
	case wasReset:
		for i, r := range t.records {
			t.acked[i] = r.offset < e.offset
		}
		t.prefix, t.committed, t.last = 0, e.offset, make(map[string]at)
		t.advance()
	case wasTrimmed:
		for i, r := range t.records {
			if r.offset < e.offset {
				t.ack(i)
			}
		}
	case wasLoosened:
		t.loose = true
	}
}

// tardy reports whether a commit that is seen now may have been given up by its sender,
// perhaps long ago.
func (c *checker) tardy(now time.Duration) bool {
	return slices.ContainsFunc(c.late, func(at time.Duration) bool { return at <= now && now < at+2*time.Second })
}

// find returns the place that a record was read from, or that an acknowledgement is
// of. A record that two destinations wrote may be in a topic and in the one that was
// made in its place: it is read from that which the process is reading, or from the
// last one that is there.
func (c *checker) find(e entry) (place, bool) {
	if p, ok := c.handed[hand{e.who, e.number, e.log.partition, e.offset}]; ok && e.kind == wasAcked {
		return p, true
	}
	var at []place
	for _, p := range c.places[e.number] {
		if p.log.topic == e.log.topic && p.log.partition == e.log.partition && p.records[p.index].offset == e.offset {
			at = append(at, p)
		}
	}
	if len(at) == 0 {
		return place{}, false
	}
	end := func(p place) time.Duration {
		if d, ok := c.deleted[p.log.id]; ok {
			return d
		}
		return forever
	}
	slices.SortFunc(at, func(a, b place) int { return cmp.Compare(end(a), end(b)) })
	found := at[0]
	for _, p := range at[1:] {
		if end(found) < e.time {
			found = p
		}
	}
	for _, p := range at {
		if last, ok := p.last[e.who]; ok && p.index == last.index+1 {
			found = p
		}
	}
	c.handed[hand{e.who, e.number, e.log.partition, e.offset}] = found
	return found, true
}

// hand is a record that a process has returned.
type hand struct {
	who       string
	number    int
	partition int32
	offset    int64
}

func (t *trail) ack(index int) {
	t.acked[index] = true
	t.advance()
}

func (t *trail) advance() {
	for t.prefix < len(t.records) && t.acked[t.prefix] {
		t.prefix++
	}
}

// settling is how long a member may go on with an assignment that is over: nothing was
// assigned again since it returned a record if the group was calm for so long before.
const settling = 30 * time.Second

// followRead checks that a record comes after the one before it, or where a commit or
// a position said that reading goes on.
func (c *checker) followRead(e entry, p place) {
	t := p.trail
	last, again := t.last[e.who]
	t.last[e.who] = at{p.index, t.committed, e.time}
	if again && p.index == last.index+1 {
		return
	}
	if p.index > t.prefix && !c.justMade(t.log, e.time) {
		c.wrong("gap at %s: %s goes on with %s at offset %d, but offset %d was not acknowledged", seconds(e.time), e.who, t.log, e.offset, t.records[t.prefix].offset)
	}
	if !again || p.index > last.index || t.loose {
		return
	}
	if committed := min(last.committed, t.committed); e.offset < committed {
		c.wrong("again at %s: %s goes back in %s to offset %d, though %d was committed", seconds(e.time), e.who, t.log, e.offset, committed)
	}
	if last.time-e.joins > settling {
		c.wrong("again at %s: %s goes back in %s to offset %d, without a new assignment", seconds(e.time), e.who, t.log, e.offset)
	}
}

// justMade reports whether a topic was made in the place of another one so short a time
// ago that a member may go on reading it where it was in that one. When it notices, it
// begins with the first record.
func (c *checker) justMade(log logID, now time.Duration) bool {
	for other := range c.trails {
		at, ok := c.deleted[other.id]
		if ok && other.topic == log.topic && other.id != log.id && at <= now && now < at+topicNoticed+5*time.Second {
			return true
		}
	}
	return false
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
