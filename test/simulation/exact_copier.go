package simulation

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
)

// copier is a pipeline from Kafka to Kafka: it has one process at a time that counts, and
// keeps its position from one to the next.
type copier struct {
	w    *World
	name string

	mu       sync.Mutex
	lives    int
	stored   opencdc.Position
	storedAt time.Time
	latest   opencdc.Position // acknowledged, and perhaps not stored yet
	current  *copying         // what others have is not stored
	over     bool
}

func copierName(i int) string { return fmt.Sprintf("copy%c", 'A'+i) }

func (w *World) copier(i int) *copier { return &copier{w: w, name: copierName(i)} }

// start begins a process, which counts from now on.
func (c *copier) start() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	c.lives++
	p := c.w.process(fmt.Sprintf("%s%d", c.name, c.lives))
	x := &copying{copier: c, process: p, host: p.host, done: make(chan struct{})}
	x.ctx, x.cancel = context.WithCancel(p.context())
	c.current, c.latest = x, c.stored
	c.w.exact.note(func() { c.w.exact.lives[x.host.name] = x })
	position := c.stored
	c.w.tasks.Go(func() { x.run(position) })
}

// again begins another process after a pause, in place of one that is lost.
func (x *copying) again(pause time.Duration) {
	if !x.dismiss() {
		return
	}
	x.w.tasks.Go(func() {
		time.Sleep(pause)
		x.start()
	})
}

// dismiss has a process count no more, and reports whether it did.
func (x *copying) dismiss() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.current != x {
		return false
	}
	x.current = nil
	return true
}

// kill ends a process without a farewell. What it has sent may still arrive.
func (x *copying) kill(arrives bool, pause time.Duration) {
	x.w.say("  %s is killed", x.host.name)
	if arrives {
		x.host.Vanish()
	} else {
		x.host.Kill()
	}
	x.w.exact.died(x.host.name)
	x.again(pause)
	x.cancel()
}

// end ends the process that counts, and begins another one after a pause unless that is
// negative.
func (c *copier) end(pause time.Duration) {
	c.mu.Lock()
	x := c.current
	c.over = pause < 0
	if x != nil {
		x.ended = true
	}
	c.mu.Unlock()
	if x == nil {
		return
	}
	x.cancel()
	<-x.done
	c.mu.Lock()
	if c.current == x {
		c.stored = c.latest
	}
	c.mu.Unlock()
	x.again(pause)
}
