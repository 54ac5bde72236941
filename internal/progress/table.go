package progress

import (
	"fmt"

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
	states map[Key]*state
	left   []left // of the last batch that was not written as a whole
}

// state is what is known of a partition of the source.
type state struct {
	key  Key
	done Mark
	// last is where the record that was seen last lies, and run how it was read.
	run  *Run
	last Mark
	slot int // in what advanced has listed
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
func (t *Table) Set(k Key, m Mark) {
	if k.ID != t.id {
		return
	}
	if s := t.of(k); m == nothing || s.done.before(m) {
		s.done = m
	}
}

// Place is where a record comes from, and whether it was written before.
type Place struct {
	state *state
	Mark
	Done bool
}

// Places finds the places of messages, up to the first one whose position is not that of a
// record which was read from Kafka.
func (t *Table) Places(messages []message.Message, places []Place) ([]Place, error) {
	places = places[:0]
	for i := range messages {
		run, offset, err := t.origin(messages[i].Position)
		if err != nil {
			return places, &message.RecordError{Index: i, Position: messages[i].Position, Err: fmt.Errorf("exactlyOnce needs records that a source of this connector has read: %w", err)}
		}
		if run.state == nil {
			k := run.Key
			k.ID = t.id
			run.state, t.fresh = t.of(k), true
		}
		s := run.state
		p := Place{state: s, Mark: Mark{Offset: offset, Count: 1, LeaderEpoch: run.LeaderEpoch}}
		switch n := t.again(run, offset, &messages[i]); {
		case n > 0:
			p.Count = n
		default:
			if s.run == run && s.last.Offset == offset {
				p.Count = s.last.Count + 1
			}
			s.run, s.last = run, p.Mark
		}
		p.Done = !s.done.before(p.Mark)
		places = append(places, p)
	}
	return places, nil
}

// Fresh reports whether records of a new assignment came since Looked: another process may
// have written some of them.
func (t *Table) Fresh() bool { return t.fresh }

// Looked notes that all was read that other processes have written.
func (t *Table) Looked() { t.fresh = false }

// Messages makes messages of what is to be noted when the records at places are written.
func (t *Table) Messages(topic string, places []Place, timestamp int64, out []message.Message) ([]message.Message, error) {
	for _, s := range advanced(places) {
		m, err := s.state.key.message(topic, s.Mark, timestamp)
		if err != nil {
			return out, fmt.Errorf("write progress: %w", err)
		}
		out = append(out, m)
	}
	return out, nil
}

// Written notes that the records at places are written.
func (t *Table) Written(places []Place) {
	for _, p := range advanced(places) {
		p.state.done = p.Mark
	}
}

// advanced lists the last place of each partition that gets further.
func advanced(places []Place) []Place {
	var out []Place
	for _, p := range places {
		switch i := p.state.slot; {
		case i < len(out) && out[i].state == p.state:
			if out[i].before(p.Mark) {
				out[i] = p
			}
		case p.state.done.before(p.Mark):
			p.state.slot = len(out)
			out = append(out, p)
		}
	}
	return out
}

// Review looks again whether a record is done, after progress was read.
func (p *Place) Review() { p.Done = !p.state.done.before(p.Mark) }
