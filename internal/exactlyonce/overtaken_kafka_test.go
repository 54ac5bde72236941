package exactlyonce

import (
	"fmt"
	"math/rand"
	"sync"
	"testing"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

// handouts are what a group has processed of each partition.
type handouts struct {
	mu        sync.Mutex
	runs      int
	processed [partitions]int
}

// begin hands out a partition, from somewhere before what was processed.
func (h *handouts) begin(rnd *rand.Rand) (run, partition, from int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.runs++
	p := rnd.Intn(partitions)
	return h.runs, p, max(0, h.processed[p]-rnd.Intn(60))
}

func (h *handouts) process(partition, until int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.processed[partition] = max(h.processed[partition], until)
}

func (h *handouts) done(end int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.processed {
		if n < end {
			return false
		}
	}
	return true
}

// Three processes write the same partitions at the same time, each from where it has got
// them, are killed and begin again, while connections are cut.
func TestWritersOfTheSamePartitionsWriteOnce(t *testing.T) {
	w, kafka := newKafkaWorld(t, broker.Options{Proxied: true})
	w.limit, w.transactionTimeout = 20*time.Second, 25*time.Second
	stop := kafka.Proxy(1).CutAtRandom(20_000)
	const end = 1500
	var group handouts
	var processes sync.WaitGroup
	for i := range 3 {
		processes.Go(func() {
			rnd, id := rand.New(rand.NewSource(int64(i))), fmt.Sprintf("%s-%d", w.id, i)
			x := w.startAs(id)
			for !group.done(end) && w.ctx.Err() == nil {
				run, p, next := group.begin(rnd)
				for range 1 + rnd.Intn(6) {
					until := min(end, next+1+rnd.Intn(40))
					var killer *time.Timer
					if rnd.Intn(20) == 0 {
						killer = time.AfterFunc(time.Duration(rnd.Intn(30))*time.Millisecond, x.kill)
					}
					var batch []message.Message
					for o := next; o < until; o++ {
						batch = append(batch, part(run, p, o, ""))
					}
					n, err := x.Send(w.ctx, w.in(batch))
					if err == nil && n == len(batch) {
						group.process(p, until)
						next = until
					} else {
						t.Log(err)
					}
					if killer != nil {
						killer.Stop()
						x.kill()
						x = w.startAs(id)
					}
					if err != nil || killer != nil {
						break
					}
				}
			}
		})
	}
	processes.Wait()
	t.Logf("%d handouts, %d cuts", group.runs, stop())
	w.has(from(0, 0, 0, end), from(0, 1, 0, end), from(0, 2, 0, end))
}
