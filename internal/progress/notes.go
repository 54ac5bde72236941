package progress

import (
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// maxHoles is how many rows of failed records progress holds for a partition. It is written
// with each transaction.
const maxHoles = 1000

// Messages makes messages of what is to be noted when the records at places are written.
func (t *Table) Messages(topic string, places []Place, timestamp int64, out []message.Message) ([]message.Message, error) {
	steps := advance(places)
	if t.whole {
		steps = t.all(steps)
	}
	t.note++
	t.overtaken = false
	for _, s := range steps {
		s.state.note = t.note
		p := Progress{s.mark, s.failed.between(Spot{}, s.mark.spot())}
		if k := s.state.key; len(p.Failed) > maxHoles {
			return out, fmt.Errorf("more than %d records, or rows of them, could not be written that were read from %s/%d, which is too much to keep in mind with exactlyOnce: start the pipeline again, once they are in the dead-letter queue or can be written", maxHoles, k.Topic, k.Partition)
		}
		m, err := s.state.key.message(topic, p, timestamp)
		if err != nil {
			return out, fmt.Errorf("write progress: %w", err)
		}
		out = append(out, m)
	}
	return out, nil
}

// Overtaken reports whether, since Messages, another process turned out to have written
// records that these stand for, or later ones.
func (t *Table) Overtaken() bool { return t.overtaken }

// Written notes that the records at places are written.
func (t *Table) Written(places []Place) {
	for _, s := range advance(places) {
		s.state.done, s.state.failed = s.mark, s.failed
	}
	t.whole = false
}

// WriteAgain has the next messages note all that is known and that Set does not hear of from
// now on. What other processes write all the time is left to them.
func (t *Table) WriteAgain() {
	t.whole = true
	for _, s := range t.states {
		s.told = false
	}
}

// all adds to steps the states that don't change.
func (t *Table) all(steps []step) []step {
	changed := make(map[*state]bool, len(steps))
	for _, s := range steps {
		changed[s.state] = true
	}
	for _, s := range t.states {
		if !changed[s] && !s.told && s.done != nothing {
			steps = append(steps, step{s, s.done, s.failed})
		}
	}
	return steps
}

// step is what becomes of a state.
type step struct {
	state  *state
	mark   Mark
	failed holes
}

// advance lists what becomes of each partition when the records that are not done are
// written.
func advance(places []Place) []step {
	var out []step
	for _, p := range places {
		if p.Done {
			continue
		}
		i := p.state.slot
		if i >= len(out) || out[i].state != p.state {
			i = len(out)
			p.state.slot = i
			out = append(out, step{p.state, p.state.done, p.state.failed})
		}
		s := &out[i]
		if s.mark.before(p.Mark) {
			s.mark = p.Mark
		}
		s.failed = s.failed.without(p.spot(), p.prev)
	}
	return out
}
