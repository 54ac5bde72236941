package limits_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/prometheus/client_golang/prometheus"
)

// long says that tests take their time.
var long = os.Getenv("LIMITS") == "long"

// times is how often something is done.
func times(short, whole int) int {
	if long {
		return whole
	}
	return short
}

// vitals are what must not grow.
type vitals struct {
	goroutines  int
	descriptors int // 0 where they can't be counted
	heap        int64
	series      int
}

func (v vitals) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, %.1f MiB, %d series", v.goroutines, v.descriptors, float64(v.heap)/(1<<20), v.series)
}

// measure counts what there is once garbage is collected: twice, for what has a finalizer
// and for pools.
func measure(t *testing.T) vitals {
	t.Helper()
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	v := vitals{goroutines: runtime.NumGoroutine(), heap: int64(m.HeapAlloc)}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		v.descriptors = len(open)
	}
	for _, n := range series(t) {
		v.series += n
	}
	return v
}

// series is how many there are of each metric.
func series(t *testing.T) map[string]int {
	t.Helper()
	families, err := prometheus.DefaultGatherer.Gather()
	is.New(t).NoErr(err)
	out := make(map[string]int)
	for _, f := range families {
		out[f.GetName()] = len(f.GetMetric())
	}
	return out
}

// exceeds reports whether more is there than there was, apart from a few, which are the
// test's and the runtime's own, from series of kinds of errors that a busy machine brings,
// and from a heap that is a little larger.
func (v vitals) exceeds(before vitals, few int, heap int64) bool {
	const kinds = 10
	return v.goroutines > before.goroutines+few || v.descriptors > before.descriptors+few || v.series > before.series+kinds || v.heap > before.heap+heap
}

// settled waits until what there is does not exceed what there was: sockets and
// goroutines of the embedded cluster end a little later than the connector's.
func settled(t *testing.T, before vitals, few int, heap int64) {
	t.Helper()
	var now vitals
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if now = measure(t); !now.exceeds(before, few, heap) {
			t.Logf("before: %v; after: %v", before, now)
			return
		}
	}
	b := make([]byte, 1<<20)
	t.Errorf("before: %v; after: %v\n%s", before, now, b[:runtime.Stack(b, true)])
}
