package simulation

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// strike is something that happens at one request of a process: when it is sent or answered,
// before that arrives or after it.
type strike struct {
	Event
	key   kmsg.Key
	left  int // requests of this kind that pass before
	stage stage
	act   act
}

type stage int

const (
	unasked    stage = iota // the request does not arrive
	asked                   // it does, and nobody is there to hear the answer
	unanswered              // it is carried out, and its answer does not arrive
	answered                // the answer arrives
)

func (s stage) String() string {
	return [...]string{"before it arrives", "when it is sent", "before the answer arrives", "after the answer"}[s]
}

type act int

const (
	kills act = iota
	cuts
	delays
	moves
	freezes
	replaces // another process begins while the former one, frozen, lives on
)

func (a act) String() string {
	return [...]string{"killed", "cut", "delayed", "moved", "frozen", "replaced"}[a]
}

// struck are the requests of a transaction, most of all its end, and of its beginning.
var struck = []kmsg.Key{
	kmsg.InitProducerID, kmsg.AddPartitionsToTxn, kmsg.AddPartitionsToTxn, kmsg.Produce, kmsg.Produce, kmsg.EndTxn, kmsg.EndTxn, kmsg.EndTxn, kmsg.EndTxn,
	kmsg.FindCoordinator, kmsg.CreateTopics, kmsg.ListOffsets, kmsg.Metadata,
}

var acts = []act{kills, kills, kills, kills, cuts, cuts, delays, delays, moves, freezes, freezes, replaces, replaces, replaces}

// strikeLater arms a strike.
func (w *World) strikeLater(e Event) {
	s := &strike{
		Event: e, key: struck[e.A%uint64(len(struck))], left: int(e.A>>32) % 3,
		stage: stage(e.B % 4), act: acts[(e.B>>32)%uint64(len(acts))],
	}
	w.say("  %s, after %d: %s %s", s.key.Name(), s.left, s.act, s.stage)
	w.exact.note(func() { w.exact.strikes = append(w.exact.strikes, s) })
}

// due returns what happens at a request, or at its answer. late says which.
func (w *World) due(r request, late bool) *strike {
	x := w.exact
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, s := range x.strikes {
		if s.key != kmsg.Key(r.key) || s.stage >= unanswered != late {
			continue
		}
		if s.left--; s.left < 0 {
			x.strikes = slices.Delete(x.strikes, i, i+1)
			return s
		}
	}
	return nil
}

// countExact is called with each request of a host before it is sent.
func (w *World) countExact(l *link, r request) {
	w.count(l, r)
	if s := w.due(r, false); s != nil {
		w.strike(s, l)
	}
}

// changeExact is called with each answer that a broker writes.
func (w *World) changeExact(l *link, r request, frame []byte) {
	if l.host.exempt {
		return
	}
	w.change(l, r, frame)
	if s := w.due(r, true); s != nil {
		w.strike(s, l)
	}
}

// strike does what is to be done now, or when the request or its answer has arrived.
func (w *World) strike(s *strike, l *link) {
	var x *copying
	w.exact.note(func() { x = w.exact.lives[l.host.name] })
	if x == nil {
		return
	}
	w.say("STRIKE %d: %s of %s, %s %s", s.Index, s.key.Name(), l.host.name, s.act, s.stage)
	pause := time.Duration(s.C % uint64(3*time.Second))
	switch arrives := s.stage == asked || s.stage == answered; {
	case s.act == delays:
		half := l.server.in
		if s.stage >= unanswered {
			half = l.client.in
		}
		half.hold(time.Now().Add(s.For))
	case s.act == kills && s.stage == asked:
		w.tasks.Go(func() { // its bytes are on their way then
			time.Sleep(time.Nanosecond)
			x.kill(true, pause)
		})
	case arrives:
		w.tasks.Go(func() {
			time.Sleep(2 * w.plan.Latency)
			w.hit(s, x, l, pause)
		})
	default:
		w.hit(s, x, l, pause)
	}
}

func (w *World) hit(s *strike, x *copying, l *link, pause time.Duration) {
	switch s.act {
	case kills:
		x.kill(false, pause)
	case cuts:
		l.reset()
	case moves:
		w.tasks.Go(func() {
			w.moveCoordinator(s.Event)
			w.moveAll(s.Event)
			_ = w.fake.MoveTopicPartition(w.plan.Exact.progressTopic(), 0, w.broker(s.B)) // it may not be there yet
		})
	case freezes:
		x.host.Freeze(s.For * 2)
	case replaces:
		x.host.Freeze(s.For)
		x.again(pause / 3)
	}
}

// endCopier ends a process in the ordinary way, and begins another one.
func (w *World) endCopier(e Event) {
	w.copiers[e.A%uint64(len(w.copiers))].end(e.For / 4)
}
