package produce

import (
	"sync"

	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// writers keeps free writers for the sake of their buffers, as many as are needed.
type writers struct {
	mu   sync.Mutex
	free []*recordbatch.Writer
	used int // since the last shrink

	transactional bool // what is written belongs to transactions
	numbered      bool // each batch gets a number before it is sent
	referring     bool // large values stay where they are
}

func (w *writers) take() *recordbatch.Writer {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.used++
	n := len(w.free)
	if n == 0 {
		out := recordbatch.NewWriter()
		out.SetTransactional(w.transactional)
		out.SetNumbered(w.numbered)
		out.SetReferring(w.referring)
		return out
	}
	out := w.free[n-1]
	w.free[n-1] = nil
	w.free = w.free[:n-1]
	return out
}

// give gives a writer back. It refers to no value any more.
func (w *writers) give(back *recordbatch.Writer) {
	back.Reset()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.free = append(w.free, back)
}

// shrink is called after each Send. It drops half of the free writers which that Send
// had no use for: a single large one must not cost its memory for ever.
func (w *writers) shrink() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if idle := len(w.free) - w.used; idle > 0 {
		keep := w.used + idle/2
		clear(w.free[keep:])
		w.free = w.free[:keep]
	}
	w.used = 0
}
