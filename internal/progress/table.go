package progress

import (
	"fmt"
	"math"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Run is what the positions of neighbouring records have in common. Records that were read
// again have another one.
type Run struct {
	Key         // without ID
	LeaderEpoch int32

	state *state
}

// Origin finds the run and the offset of a record by its position. The run of equal
// positions is the same pointer.
type Origin func(position []byte) (*Run, int64, error)

// Table is how far the partitions of a source were written, and which records were seen.
// It has one caller at a time.
type Table struct {
	id     string // of the destination, the same in all processes
	origin Origin
	fresh  bool // a run has begun since Looked
	batch  int  // counts reviews
	states map[Key]*state
	left   []left // of the last batch that was not written as a whole
	whole  bool   // all that is known is to be noted again

	note      int  // counts calls of Messages
	overtaken bool // what the last one noted
}

// state is what is known of a partition of the source.
type state struct {
	key  Key
	done Mark
	// failed is what was read and not written, before done and after it.
	failed holes
	// first is the lowest offset that was read. What failed at lower ones was dealt with, as
	// the source would have begun with it otherwise.
	first int64
	// last is where the record that was seen last lies, and run how it was read.
	run  *Run
	last Mark
	slot int  // in what advance has listed
	note int  // the last one in which it was noted
	told bool // the topic has said as much as is known, or more, since WriteAgain

	batch  int // that the following is about
	top    Mark
	filled map[Spot]bool
}

// NewTable returns the table of a destination that has written nothing.
func NewTable(id string, origin Origin) *Table {
	return &Table{id: id, origin: origin, states: make(map[Key]*state)}
}

func (t *Table) of(k Key) *state {
	s := t.states[k]
	if s == nil {
		s = &state{key: k, done: nothing, last: nothing}
		t.states[k] = s
	}
	return s
}

// Set notes what was found to be written, if it is this destination's. That another process
// has written less, and said so later, is of no interest.
func (t *Table) Set(k Key, p Progress) {
	if k.ID != t.id {
		return
	}
	s := t.of(k)
	if p.Mark != nothing && p.Mark != s.done && !s.done.before(p.Mark) {
		return
	}
	known := s.failed.between(Spot{Offset: s.first}, p.spot())
	t.overtaken = t.overtaken || s.note == t.note && (s.done.before(p.Mark) || s.done == p.Mark && !known.in(p.Failed))
	s.told = true
	after := Spot{p.Offset, p.Count + 1}
	s.done, s.failed = p.Mark, append(p.Failed.between(Spot{Offset: s.first}, p.spot()), s.failed.between(after, farthest)...)
}

// farthest is after all records.
var farthest = Spot{math.MaxInt64, math.MaxInt}

// Place is where a record comes from, and whether it is written: before, or by a record of
// the same batch that comes before it.
type Place struct {
	state *state
	Mark
	prev Spot // of the record that was read before it; zero: unknown
	Done bool
}

// Places finds the places of messages, up to the first one whose position is not that of a
// record which was read from Kafka. Review says which are done.
func (t *Table) Places(messages []message.Message, places []Place) (_ []Place, err error) {
	places = places[:0]
	for i := range messages {
		run, offset, originErr := t.origin(messages[i].Position)
		if originErr != nil {
			err = &message.RecordError{Index: i, Position: messages[i].Position, Err: fmt.Errorf("exactlyOnce needs records that a source of this connector has read: %w", originErr)}
			break
		}
		if l, ok := t.again(run, offset, &messages[i]); ok {
			places = append(places, Place{state: run.state, Mark: Mark{offset, l.count, run.LeaderEpoch}, prev: l.prev})
			continue
		}
		places = append(places, t.place(run, offset))
	}
	return places, err
}

// place is that of a record which is seen for the first time in its run.
func (t *Table) place(run *Run, offset int64) Place {
	if run.state == nil {
		k := run.Key
		k.ID = t.id
		run.state, t.fresh = t.of(k), true
	}
	s := run.state
	if s.run == nil || offset < s.first {
		s.first = offset
		s.failed = s.failed.between(Spot{Offset: offset}, farthest)
	}
	p := Place{state: s, Mark: Mark{Offset: offset, Count: 1, LeaderEpoch: run.LeaderEpoch}}
	if s.run == run {
		p.prev = s.last.spot()
		if s.last.Offset == offset {
			p.Count = s.last.Count + 1
		}
	}
	s.run, s.last = run, p.Mark
	return p
}

// Review looks which records of a batch are done, by the progress that was read so far.
func (t *Table) Review(places []Place) {
	t.batch++
	for i := range places {
		p := &places[i]
		s := p.state
		if s.batch != t.batch {
			s.batch, s.top, s.filled = t.batch, s.done, nil
		}
		if s.failed.has(p.spot()) {
			if p.Done = s.filled[p.spot()]; !p.Done {
				if s.filled == nil {
					s.filled = make(map[Spot]bool)
				}
				s.filled[p.spot()] = true
			}
		} else {
			p.Done = !s.top.before(p.Mark)
		}
		if !p.Done && s.top.before(p.Mark) {
			s.top = p.Mark
		}
	}
}

// Fresh reports whether records of a new assignment came since Looked: another process may
// have written some of them.
func (t *Table) Fresh() bool { return t.fresh }

// Looked notes that all was read that other processes have written.
func (t *Table) Looked() { t.fresh = false }
