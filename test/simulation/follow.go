package simulation

import (
	"cmp"
	"slices"
	"time"
)

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
		if t.prefix < len(t.records) && e.offset > t.records[t.prefix].offset && !t.skipsBefore(e.offset) && !c.tardy(e.time) {
			c.wrong("commit at %s: %s commits %s at %d, but offset %d was not acknowledged", seconds(e.time), e.who, t.log, e.offset, t.records[t.prefix].offset)
		}
	case wasSeen:
		if e.offset < t.committed && !t.loose && !c.tardy(e.time) {
			c.wrong("commit at %s: the group's offset in %s goes back from %d to %d", seconds(e.time), t.log, t.committed, e.offset)
		}
		t.byHand = t.byHand && e.offset == t.committed
		t.committed = e.offset
		if t.operated {
			t.replay = max(t.replay, e.high)
		}
	case wasReset:
		for i, r := range t.records {
			t.acked[i] = r.offset < e.offset
		}
		t.prefix, t.committed, t.last, t.kept, t.reset = 0, e.offset, make(map[string]at), make(map[string]int64), e.time
		t.byHand, t.operated = true, true
		t.advance()
	case wasKept:
		if e.read > t.reset && !t.byHand && e.offset > t.replay { // what an operator has set is believed
			t.kept[e.who] = e.offset
		}
	case wasTrimmed:
		t.start = e.offset
		for i, r := range t.records {
			if r.offset < e.offset {
				t.ack(i)
			}
		}
	case wasWaived:
		t.skip(e.offset)
	case wasLoosened:
		t.loose = true
	case wasDenied:
		t.denied = true
	case wasTold:
		t.told = append(t.told, toldEnd{e.who, e.offset, e.denied})
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
	if p.index > t.prefix && !t.skipsTo(e.who, p.index) && !c.justMade(t.log, e.time) {
		c.wrong("gap at %s: %s goes on with %s at offset %d, but offset %d was not acknowledged", seconds(e.time), e.who, t.log, e.offset, t.records[t.prefix].offset)
	}
	if t.passedOver(e.who, p.index) {
		c.wrong("reset at %s: %s goes on with %s where the log starts, at offset %d, and autoOffsetReset is latest", seconds(e.time), e.who, t.log, e.offset)
	}
	if kept := t.kept[e.who]; !again && e.offset < kept && !t.loose && !t.denied {
		c.wrong("again at %s: %s begins with %s at offset %d, though its position says that it was read up to %d", seconds(e.time), e.who, t.log, e.offset, kept)
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
