package simulation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Where autoOffsetReset is latest, and a leader refuses the offset that a source asks
// for, the source asks for the end of the log and goes on there: what lies before that
// need not be read. The book keeps which ends were told to whom.

// inquiry is what a process asks about a log.
type inquiry struct {
	who string
	log logID
}

// lost takes down where leaders refuse offsets, and what is told then of the log's end.
func (w *World) lost(host string, r request, frame []byte) {
	if w.policy() != "latest" {
		return
	}
	switch kmsg.Key(r.key) {
	case kmsg.Fetch:
		w.parts(r.version, frame, func(p part) {
			if int16(p.code[1]) == kerr.OffsetOutOfRange.Code && p.code[0] == 0 {
				w.book.refuses(inquiry{host, w.logOf(p.topic, p.partition, "")})
			}
		})
	case kmsg.ListOffsets:
		res, ok := parse(r, frame).(*kmsg.ListOffsetsResponse)
		if !ok {
			return
		}
		for _, t := range res.Topics {
			for _, p := range t.Partitions {
				if p.ErrorCode == 0 {
					w.book.tells(inquiry{host, w.logOf(t.Topic, p.Partition, "")}, p.Offset, w.stable(t.Topic, p.Partition))
				}
			}
		}
	}
}

func (b *book) refuses(q inquiry) {
	b.mu.Lock()
	b.refused[q] = true
	b.mu.Unlock()
}

// stable is where a log ends for a source: at the first open transaction, if there is one.
func (w *World) stable(topic string, partition int32) int64 {
	if p := w.fake.PartitionInfo(topic, partition); p != nil {
		return p.LastStableOffset
	}
	return 0
}

func (b *book) tells(q inquiry, offset, stable int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refused[q] || b.trimmed[q.log] {
		b.told[q.log] = max(b.told[q.log], offset)
		b.noteLocked(entry{kind: wasTold, who: q.who, log: q.log, offset: offset, denied: b.refused[q] && offset <= stable})
	}
}

// trims notes that the first records of a log are deleted. Who has read none that are
// left may find out from leader epochs, before any offset is refused.
func (b *book) trims(log logID) {
	b.mu.Lock()
	b.trimmed[log] = true
	b.mu.Unlock()
}

// lostIn reports whether an error is about the place in a log of which records were
// deleted.
func (b *book) lostIn(err error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for log := range b.trimmed {
		if strings.Contains(fmt.Sprint(err), fmt.Sprintf(" of %s/%d, ", log.topic, log.partition)) {
			return true
		}
	}
	return false
}

// owed lists, as missing does, what is to be read, where that takes a look at what each
// source did.
func (b *book) owed(live map[logID][]logged) (out []string, count int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.told) == 0 {
		return nil, 0
	}
	c := b.checker()
	c.quiet = true
	c.check()
	for log := range live {
		if t := c.trails[log]; t != nil && t.prefix < len(t.records) {
			count += len(t.records) - t.prefix
			out = append(out, fmt.Sprintf("%s from offset %d", log, t.records[t.prefix].offset))
		}
	}
	return out, count
}

// toldEnd is the end of a log as a process was told it.
type toldEnd struct {
	who    string
	offset int64
	denied bool // after an offset was refused
}

// skipsTo reports whether a process may read this record next, although others before it
// were not read.
func (t *trail) skipsTo(who string, index int) bool {
	for _, e := range t.told {
		if e.who == who && e.offset <= t.records[index].offset && (index == 0 || t.records[index-1].offset < e.offset) {
			t.skip(e.offset)
			return true
		}
	}
	return false
}

// skipsBefore reports whether an offset may be committed, although others before it were
// not read.
func (t *trail) skipsBefore(offset int64) bool {
	for _, e := range t.told {
		acked := func() bool {
			for i, r := range t.records {
				if r.offset >= e.offset && r.offset < offset && !t.acked[i] {
					return false
				}
			}
			return true
		}
		if e.offset <= offset && e.offset > t.records[t.prefix].offset && acked() {
			t.skip(e.offset)
			return true
		}
	}
	return false
}

// passedOver reports whether a process goes on where the log starts now, although it was
// told the end after it had lost its place.
func (t *trail) passedOver(who string, index int) bool {
	at := t.records[index].offset
	if t.denied || at < t.start || index == 0 || t.records[index-1].offset >= t.start {
		return false
	}
	return slices.ContainsFunc(t.told, func(e toldEnd) bool { return e.who == who && e.denied && e.offset > at })
}

func (t *trail) skip(to int64) {
	n, _ := slices.BinarySearchFunc(t.records, to, func(r logged, to int64) int { return int(r.offset - to) })
	for i := range n {
		t.acked[i] = true
	}
	t.advance()
}
