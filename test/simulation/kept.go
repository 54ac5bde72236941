package simulation

import (
	"maps"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

// reach is how far a log was read: the next offset, and when the one before was returned.
type reach struct {
	next int64
	read time.Duration
}

// handed is a record that a source has returned.
type handed struct {
	log      logID
	reach    reach
	position string
	last     bool // of those that came with it
}

// hand notes what a source returns, in its order.
func (l *life) hand(records []opencdc.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, r := range records {
		p, err := kafka.ParsePosition(r.Position)
		if err != nil {
			continue // which the book knows
		}
		l.handed = append(l.handed, handed{logOf(p), reach{p.Offset + 1, l.w.book.now()}, string(r.Position), i == len(records)-1})
	}
}

func logOf(p kafka.Position) logID { return logID{p.Topic, p.TopicID, p.Partition} }

// reaches returns what a position says that was acknowledged: all that was returned before
// its record, if that was the last of those that came with it. Where the SDK collects
// records the last one of a few may be none of the source's last ones.
func (l *life) reaches(position opencdc.Position) map[logID]reach {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.handed) > 0 {
		h := l.handed[0]
		l.handed = l.handed[1:]
		if l.known == nil {
			l.known = make(map[logID]reach)
		}
		l.known[h.log] = h.reach
		if h.position != string(position) {
			continue
		}
		if h.last && l.plan.Settings["sdk.batch.size"] == "" && l.plan.Settings["sdk.batch.delay"] == "" {
			return maps.Clone(l.known)
		}
		return map[logID]reach{h.log: h.reach}
	}
	return nil
}

// keeps notes what the position says from which the source starts.
func (l *life) keeps() {
	for log, r := range l.known {
		if log.id != [16]byte{} {
			l.w.book.note(entry{kind: wasKept, who: l.host.name, log: log, offset: r.next, read: r.read})
		}
	}
}
