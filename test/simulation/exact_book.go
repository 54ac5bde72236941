package simulation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/conduitio/conduit-commons/opencdc"
)

// exactly keeps what pipelines do that write each record once.
type exactly struct {
	mu      sync.Mutex
	lives   map[string]*copying // by host
	made    []string            // values of the source
	acks    map[string]bool     // of these
	dead    map[string]bool     // what was not written, by name
	deaths  map[string]bool     // by host
	strikes []*strike
}

func newExactly() *exactly {
	return &exactly{
		lives: make(map[string]*copying), acks: make(map[string]bool), dead: make(map[string]bool), deaths: make(map[string]bool),
	}
}

// sourceValue is the value of a record of the source.
func (p *ExactPlan) sourceValue(topic string, partition int32, i int) string {
	v := fmt.Sprintf("%s/%d/%d", topic, partition, i)
	if p.Big > 0 && i%p.Big == 1 {
		v += " " + strings.Repeat("x", batchBytes)
	}
	return v
}

// process makes of records what is written: those that are filtered are left out, and of some
// two are made. Each names the process.
func (p *ExactPlan) process(records []opencdc.Record, host string) (out []opencdc.Record) {
	for _, r := range records {
		value := string(r.Payload.After.Bytes())
		for _, name := range p.names(value) {
			_, rest, _ := strings.Cut(value, " ")
			x := r
			x.Payload = opencdc.Change{After: opencdc.RawData(name + " " + host + " " + rest)}
			out = append(out, x)
		}
	}
	return out
}

// names lists what is written of a record of the source, in its order.
func (p *ExactPlan) names(value string) []string {
	id, _, _ := strings.Cut(value, " ")
	i, _ := strconv.Atoi(id[strings.LastIndexByte(id, '/')+1:])
	switch {
	case p.Filter > 0 && i%p.Filter == 2:
		return nil
	case p.Split > 0 && i%p.Split == 3:
		return []string{id + "/1", id + "/2"}
	}
	return []string{id}
}

func big(r opencdc.Record) bool { return len(r.Payload.After.Bytes()) > batchBytes }

// nameOf is the name of a record that is written.
func nameOf(r opencdc.Record) string {
	name, _, _ := strings.Cut(string(r.Payload.After.Bytes()), " ")
	return name
}

func (e *exactly) note(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f()
}

// deadLetter and acked note what a process does, if it is not dead.
func (e *exactly) deadLetter(host, name string) { e.set(e.dead, host, name) }
func (e *exactly) acked(host, value string)     { e.set(e.acks, host, value) }

func (e *exactly) set(of map[string]bool, host, key string) {
	e.note(func() {
		if !e.deaths[host] {
			of[key] = true
		}
	})
}

func (e *exactly) died(host string) { e.note(func() { e.deaths[host] = true }) }

// left counts the records that nobody has acknowledged yet.
func (e *exactly) left() (n int, first string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, v := range e.made {
		if !e.acks[v] {
			if n++; n == 1 {
				first, _, _ = strings.Cut(v, " ")
			}
		}
	}
	return n, first
}

// written is a record that consumers see.
type written struct{ name, host string }

// checkExact compares what consumers see in the partitions of the sink with what there is to be seen.
func (w *World) checkExact(seen map[int32][]written) (n int) {
	e := w.exact
	e.mu.Lock()
	defer e.mu.Unlock()
	order := make(map[string]int)
	for _, value := range e.made {
		for _, name := range w.plan.Exact.names(value) {
			order[name] = len(order) + 1
		}
	}
	found := make(map[string]string) // who wrote it first, by name
	for p, records := range seen {
		last := make(map[string]written) // by the partition of the source
		for _, r := range records {
			n++
			at := strings.Join(strings.SplitN(r.name, "/", 3)[:2], "/")
			switch {
			case order[r.name] == 0:
				w.book.wrong("record %q of %s is none of the source's", r.name, r.host)
				continue
			case !strings.HasSuffix(at, "/"+strconv.Itoa(int(p))):
				w.book.wrong("record %s is in partition %d", r.name, p)
			}
			if first, again := found[r.name]; again {
				w.book.wrong("record %s is there twice, of %s and %s", r.name, first, r.host)
				continue
			}
			found[r.name] = r.host
			if e.dead[r.name] {
				continue // anywhere
			}
			if before := last[at]; order[before.name] > order[r.name] {
				w.book.wrong("record %s of %s comes after %s of %s", r.name, r.host, before.name, before.host)
				continue
			}
			last[at] = r
		}
	}
	var lost []string
	for name := range order {
		if _, there := found[name]; !there && !e.dead[name] {
			lost = append(lost, name)
		}
	}
	if slices.Sort(lost); len(lost) > 0 {
		w.book.wrong("%d records are acknowledged and not there, among them %s", len(lost), lost[0])
	}
	return n
}
