package simulation

import (
	"fmt"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

// ending is how a connector is ended.
type ending int

const (
	graceful ending = iota // what was read is acknowledged first
	forced                 // the streams end, and Teardown is called at once
	killed                 // its host is dead
)

func (e ending) String() string { return [...]string{"stop", "force", "kill"}[e] }

// teardown is how long Teardown may take.
const teardown = 5 * time.Second

var specification = kafka.Connector.NewSpecification()

// reader is a pipeline that reads: it has one source at a time, and keeps its
// position from one to the next.
type reader struct {
	w    *World
	plan ReaderPlan
	name string
	lock chan struct{} // full while an event starts or ends it

	mu       sync.Mutex
	lives    int
	position opencdc.Position
	kept     map[logID]reach // what the position says: how far each log was read
	running  *source
}

func readerName(i int) string { return fmt.Sprintf("source%c", 'A'+i) }

func (w *World) reader(i int) *reader {
	return &reader{w: w, plan: w.plan.Readers[i], name: readerName(i), lock: make(chan struct{}, 1)}
}

// start begins to read, where it does not yet.
func (r *reader) start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running != nil {
		return
	}
	s := &source{reader: r, how: make(chan ending, 1), done: make(chan struct{})}
	r.running = s
	r.w.tasks.Go(s.run)
}

// end ends the source, and waits until it has ended.
func (r *reader) end(how ending) {
	r.mu.Lock()
	s := r.running
	r.mu.Unlock()
	if s == nil {
		return
	}
	select {
	case s.how <- how:
	default:
	}
	<-s.done
	r.mu.Lock()
	r.running = nil
	r.mu.Unlock()
}
