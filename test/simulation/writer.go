package simulation

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
)

// writer is a pipeline that writes numbered records: it has one destination at a
// time, and what was not written is written by the next one, or skipped.
type writer struct {
	w    *World
	plan WriterPlan
	name string
	lock chan struct{} // full while an event ends it and starts it again
	r    *rand.Rand    // of the records

	mu      sync.Mutex
	lives   int
	queue   []opencdc.Record // handed out and not written yet
	numbers map[string]int   // of the queue, by position
	last    bool             // no more are handed out
	running *destination
}

func writerName(i int) string { return fmt.Sprintf("destination%c", 'A'+i) }

func (w *World) writer(i int) *writer {
	return &writer{
		w: w, plan: w.plan.Writers[i], name: writerName(i), lock: make(chan struct{}, 1),
		r: rand.New(rand.NewPCG(w.plan.Seed, uint64(100+i))), numbers: make(map[string]int),
	}
}

func (r *writer) start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running != nil {
		return
	}
	d := &destination{writer: r, how: make(chan ending, 1), done: make(chan struct{})}
	r.running = d
	r.w.tasks.Go(d.run)
}

func (r *writer) end(how ending) {
	r.mu.Lock()
	d := r.running
	r.mu.Unlock()
	if d == nil {
		return
	}
	select {
	case d.how <- how:
	default:
	}
	<-d.done
	r.mu.Lock()
	r.running = nil
	r.mu.Unlock()
}

// nextLocked hands out the records that are to be written next: those that were not
// written before, and then new ones.
func (r *writer) nextLocked(n int) []opencdc.Record {
	for len(r.queue) < n && !r.last {
		record, id := r.record()
		r.numbers[string(record.Position)] = id
		r.queue = append(r.queue, record)
	}
	return append([]opencdc.Record(nil), r.queue[:min(n, len(r.queue))]...)
}

// record makes a record with a number.
func (r *writer) record() (opencdc.Record, int) {
	topic := r.w.plan.Topics[r.r.IntN(len(r.w.plan.Topics))]
	n := &number{topic: topic, partition: -1}
	size := r.plan.Size/2 + r.r.IntN(r.plan.Size)
	key, part := r.r.IntN(16), r.r.Int32N(1<<20)
	if r.plan.Twins {
		key, part, n.topic, n.value = 0, 0, r.w.plan.Topics[0], "one is like the other"
	}
	n.key = key
	metadata := opencdc.Metadata{}
	if r.plan.Settings["partitioner"] == "metadata" {
		n.partition = part % r.w.health.partitions(n.topic)
		metadata["kafka.partition"] = strconv.Itoa(int(n.partition))
	}
	id := r.w.book.hand(n)
	if !r.plan.Twins {
		n.value = fill(id, size)
	}
	metadata.SetCreatedAt(timeOf(id))
	metadata.SetCollection(n.topic)
	return opencdc.Record{
		Position:  opencdc.Position(fmt.Sprintf("%s/%d", r.name, id)),
		Operation: opencdc.OperationCreate,
		Metadata:  metadata,
		Key:       opencdc.RawData("key-" + strconv.Itoa(key)),
		Payload:   opencdc.Change{After: opencdc.RawData(n.value)},
	}, id
}

// canBeWritten reports whether the partition that a record asks for is there, or may
// still come.
func (w *World) canBeWritten(id int) bool {
	w.book.mu.Lock()
	n := w.book.get(id)
	w.book.mu.Unlock()
	there := len(w.fake.PartitionInfos(n.topic))
	return n.partition < 0 || there == 0 || int(n.partition) < there
}

// finish hands out no more records, and waits until all are written.
func (r *writer) finish(limit time.Duration) bool {
	r.mu.Lock()
	r.last = true
	r.mu.Unlock()
	for until := time.Now().Add(limit); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		r.mu.Lock()
		left := len(r.queue)
		r.mu.Unlock()
		if left == 0 {
			return true
		}
	}
	return false
}
