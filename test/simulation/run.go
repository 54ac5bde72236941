package simulation

import (
	"context"
	"io"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Outcome is what a run comes to.
type Outcome struct {
	Seed      uint64
	Wrong     []string
	Simulated time.Duration
	Requests  int
	Written   int
	Read      int
}

// drained is how long it may take, once all is well, until all is written and read.
const drained = 90 * time.Second

// Run runs a plan inside a bubble, and ends all that it began.
func Run(plan Plan, log io.Writer) Outcome {
	w, err := newWorld(plan, log)
	if err != nil {
		return Outcome{Seed: plan.Seed, Wrong: []string{err.Error()}}
	}
	if plan.Exact != nil {
		return w.runExact()
	}
	var live []logID
	w.live(w.start, func() {
		w.heal()
		live = w.settle()
		w.stop()
	})
	w.conclude(live)
	return w.outcome()
}

// live begins, lets all events happen, makes all well and ends. What runs beside the events
// has to be over before all is well, too.
func (w *World) live(begin, end func(), beside ...func()) {
	watching, stop := context.WithCancel(context.Background())
	var watcher, events sync.WaitGroup
	watcher.Go(func() { w.watch(watching, w.polling) })
	begin()
	for _, f := range beside {
		events.Go(f)
	}
	for _, e := range w.plan.Events {
		events.Go(func() {
			time.Sleep(e.At)
			w.happen(e)
		})
	}
	events.Wait()
	w.say("all is well")
	w.net.Heal()
	w.mu.Lock()
	w.rules, w.changes = nil, nil
	w.mu.Unlock()
	end()
	stop()
	watcher.Wait()
	w.fake.Close()
	w.tasks.Wait()
}

// start starts those who read and write.
func (w *World) start() {
	for i := range w.plan.Readers {
		w.readers = append(w.readers, w.reader(i))
		if w.plan.Readers[i].Present {
			w.readers[i].start()
		}
	}
	for i := range w.plan.Writers {
		w.writers = append(w.writers, w.writer(i))
		w.writers[i].start()
	}
}

// heal ends what else was wrong: sinks that are slow, transactions that are open, topics that
// are gone.
func (w *World) heal() {
	w.sinks.change(func() { w.sinks.until, w.sinks.slower = time.Time{}, 0 })
	if err := w.endTransactions(); err != nil {
		w.book.wrong("the world could not abort a transaction: %v", err)
	}
	for _, topic := range w.plan.Topics {
		if w.fake.TopicInfo(topic) == nil {
			w.make(topic, w.plan.Parts)
		}
	}
	w.readers[0].start()
	w.letEnd(-time.Hour)
}

// settle waits until all is written and read, and returns the logs that are there.
func (w *World) settle() []logID {
	time.Sleep(2 * time.Second)
	for _, r := range w.writers {
		if !r.finish(drained) {
			w.book.wrong("standstill: %s has not written all %s after all was well", r.name, drained)
		}
	}
	live := w.keepLogs()
	for until := time.Now().Add(drained); ; time.Sleep(250 * time.Millisecond) {
		where, n := w.book.missing(live)
		if n == 0 {
			where, n = w.book.owed(live)
		}
		if n == 0 {
			break
		}
		if time.Now().After(until) {
			w.book.wrong("standstill: %d records are not read and acknowledged %s after all was well: %s", n, drained, where)
			w.describe()
			break
		}
	}
	var out []logID
	for log := range live {
		out = append(out, log)
	}
	return out
}

// arrived is how long after all was well everything that was sent has arrived.
const arrived = time.Second

// keepLogs takes all logs into the book, when nothing more is written. With acks none a
// destination has written what may still be on its way.
func (w *World) keepLogs() map[logID][]logged {
	time.Sleep(arrived)
	live := make(map[logID][]logged)
	for _, topic := range w.plan.Topics {
		info := w.fake.TopicInfo(topic)
		logs, err := w.logs(topic)
		if err != nil || info == nil {
			w.book.wrong("the world could not read %s: %v", topic, err)
			continue
		}
		for p, records := range logs {
			log := logID{topic, info.TopicID, p}
			live[log] = records
			w.book.keep(log, records)
		}
	}
	return live
}

// describe says who is in the group, where something was not read.
func (w *World) describe() {
	g, err := w.members()
	w.say("the group is %s (%v)", g.State, err)
	for _, m := range g.Members {
		w.say("  %s of %s", m.MemberID, m.ClientID)
	}
}

func (w *World) stop() {
	w.dismiss()
	var all sync.WaitGroup
	for _, r := range w.writers {
		all.Go(func() { r.end(graceful) })
	}
	for _, r := range w.readers {
		all.Go(func() { r.end(graceful) })
	}
	all.Wait()
}

// conclude checks the book, and whether something is left behind.
func (w *World) conclude(live []logID) {
	c := w.book.checker().check()
	c.unread(live)
	w.checkStandstill(c)
	w.checkLeftovers()
}

func (w *World) checkLeftovers() {
	time.Sleep(time.Minute)
	if left := leftovers(); len(left) > 0 {
		w.book.wrong("%d goroutines are left, the first: %s", len(left), left[0])
	}
}

// leftovers are the stacks of the bubble's other goroutines.
func leftovers() (out []string) {
	buf := make([]byte, 1<<20)
	stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	_, bubble, _ := strings.Cut(strings.SplitN(stacks[0], "\n", 2)[0], "synctest bubble ")
	bubble, _, _ = strings.Cut(bubble, "]")
	for _, s := range stacks[1:] {
		head, _, _ := strings.Cut(s, "\n")
		if strings.Contains(head, "synctest bubble "+bubble+"]") && !strings.Contains(s, "internal/synctest.Run(") && !strings.Contains(s, "synctest.testingSynctestTest(") {
			out = append(out, s)
		}
	}
	return out
}

func (w *World) outcome() Outcome {
	o := Outcome{Seed: w.plan.Seed, Wrong: w.book.found(), Simulated: w.now(), Requests: w.requests}
	for _, n := range w.book.numbers[1:] {
		if n.durable > 0 {
			o.Written++
		}
		if n.read > 0 {
			o.Read++
		}
	}
	return o
}
