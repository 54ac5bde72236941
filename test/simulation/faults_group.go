package simulation

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// rebalanced is how long the group may take to settle after a member came or went.
const rebalanced = 15 * time.Second

func how(x uint64) ending { return ending(x % 3) }

// restartReader ends a source in one way or another, and starts it again from its
// stored position.
func (w *World) restartReader(e Event) {
	w.restart(w.readers[e.A%uint64(len(w.readers))], how(e.B), e.For/4)
}

func (w *World) restart(r *reader, how ending, pause time.Duration) {
	r.lock <- struct{}{}
	defer func() { <-r.lock }()
	r.mu.Lock()
	there := r.running != nil
	r.mu.Unlock()
	if !there {
		return
	}
	w.disturbed(pause+rebalanced, span{node: -1, group: true})
	w.say("  %s: %s", r.name, how)
	r.end(how)
	w.disturbed(pause+rebalanced, span{node: -1, group: true})
	w.sleep(pause)
	r.start()
}

// joinOrLeave has the second or third source come, or go.
func (w *World) joinOrLeave(e Event) {
	r := w.readers[1+e.A%uint64(len(w.readers)-1)]
	r.lock <- struct{}{}
	defer func() { <-r.lock }()
	w.disturbed(rebalanced, span{node: -1, group: true})
	r.mu.Lock()
	there := r.running != nil
	r.mu.Unlock()
	if there {
		r.end(how(e.B))
		w.disturbed(rebalanced, span{node: -1, group: true})
	} else {
		r.start()
	}
}

func (w *World) freezeReader(e Event) {
	r := w.readers[e.A%uint64(len(w.readers))]
	r.mu.Lock()
	s := r.running
	r.mu.Unlock()
	if s == nil {
		return
	}
	w.disturbed(e.For+rebalanced, span{node: -1, group: true})
	w.freezeHost(r.name, e.For)
}

// freezeHost holds back the connections of a pipeline's connector, and those that it
// opens meanwhile.
func (w *World) freezeHost(name string, d time.Duration) {
	seen := make(map[*Host]bool)
	for _, l := range w.net.Links() {
		if h := l.host; len(h.name) > len(name) && h.name[:len(name)] == name && !seen[h] {
			seen[h] = true
			w.say("  %s freezes", h.name)
			h.Freeze(d)
		}
	}
	w.sleep(d)
}

func (w *World) restartWriter(e Event) {
	r := w.writers[e.A%uint64(len(w.writers))]
	r.lock <- struct{}{}
	defer func() { <-r.lock }()
	begun := w.now()
	w.say("  %s: %s", r.name, how(e.B))
	r.end(how(e.B))
	w.sleep(e.For / 4)
	w.health.disturb(span{from: begun, to: w.now() + 5*time.Second, node: -1})
	r.start()
}

func (w *World) freezeWriter(e Event) {
	w.disturbed(e.For+5*time.Second, all)
	w.freezeHost(w.writers[e.A%uint64(len(w.writers))].name, e.For)
}

func (w *World) slowSinks(e Event) {
	w.disturbed(e.For+20*time.Second, span{node: -1, group: true})
	w.sinks.change(func() { w.sinks.slower = time.Duration(50+e.A%500) * time.Millisecond })
	w.sleep(e.For)
	w.sinks.change(func() { w.sinks.slower = 0 })
}

func (w *World) stickSinks(e Event) {
	w.disturbed(e.For+20*time.Second, span{node: -1, group: true})
	w.sinks.change(func() { w.sinks.until = time.Now().Add(e.For) })
}

func (g *gate) change(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
}

// reset stops all sources, has the group go on from other offsets, as an operator does
// with Kafka's own tool, and starts the sources from their stored positions.
func (w *World) reset(e Event) {
	w.stopped(e, func() {
		w.polling <- struct{}{}
		defer func() { <-w.polling }()
		w.empty()
		for _, topic := range w.plan.Topics {
			info := w.fake.TopicInfo(topic)
			if info == nil {
				continue
			}
			for _, p := range w.fake.PartitionInfos(topic) {
				if e.C%3 == 1 && p.Partition%2 == 1 {
					continue // some partitions only
				}
				to := p.LogStartOffset
				if e.C%3 == 2 {
					to += int64(e.A % uint64(p.HighWatermark-p.LogStartOffset+1))
				}
				w.resetTo(logID{topic, info.TopicID, p.Partition}, to)
			}
		}
	})
}

// stopped stops all sources that run, does something, and starts them again.
func (w *World) stopped(e Event, do func()) {
	w.topics <- struct{}{}
	defer func() { <-w.topics }()
	var there []*reader
	for _, r := range w.readers {
		r.lock <- struct{}{}
		defer func() { <-r.lock }()
		r.mu.Lock()
		running := r.running != nil
		r.mu.Unlock()
		if running {
			there = append(there, r)
		}
	}
	w.disturbed(time.Minute, span{node: -1, group: true})
	begun := w.now()
	for _, r := range there {
		r.end(how(e.B))
	}
	do()
	w.health.disturb(span{from: begun, to: w.now() + rebalanced, node: -1, group: true})
	for _, r := range there {
		r.start()
	}
}

// empty takes all members out of the group.
func (w *World) empty() {
	for range 40 {
		g, err := w.members()
		if err == nil && len(g.Members) == 0 {
			return
		}
		if err == nil {
			var ids []string
			for _, m := range g.Members {
				ids = append(ids, m.MemberID)
			}
			err = w.expel(ids...)
		}
		if err != nil {
			w.say("  empty the group: %v", err)
		}
		w.sleep(250 * time.Millisecond)
	}
}

func (w *World) resetTo(log logID, offset int64) {
	for range 20 {
		err := w.commit(log.topic, log.partition, offset)
		if err == nil {
			w.say("  the group goes on at %d in %s", offset, log)
			w.book.resets(log, offset)
			w.mu.Lock()
			w.byHand[seat{log.topic, log.partition}] = log
			w.mu.Unlock()
			return
		}
		if err != kerr.NotCoordinator { //nolint:errorlint // it is not wrapped
			w.say("  reset %s: %v", log, err)
		}
		w.sleep(100 * time.Millisecond)
	}
}

// operated is the log that an operator's commit, which has no note, was for.
func (w *World) operated(topic string, partition int32) logID {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.byHand[seat{topic, partition}]
}

// handmade reports whether an operator's offsets are still the group's.
func (w *World) handmade(topic string) bool {
	topics, err := w.committed()
	if err != nil {
		return true
	}
	for _, t := range topics {
		for _, p := range t.Partitions {
			if t.Topic == topic && p.Offset >= 0 && (p.Metadata == nil || *p.Metadata == "") {
				return true
			}
		}
	}
	return false
}
