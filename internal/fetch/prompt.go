package fetch

import (
	"runtime"

	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// maxPrompt is up to how many bytes of record sets a loop decodes itself: that takes
// no longer than waking the decoder.
const maxPrompt = 16 << 10

// maxPromptMemory is how much memory, in bytes, a batch may take that a loop decodes: of
// what is compressed the size says little.
const maxPromptMemory = 16 * maxPrompt

// hand has record sets decoded, by the decoder or at once. It returns false if the fetcher
// is closed.
//
// Where Next waits and a few records came, its caller has them before the loop writes the
// next request. That wakes the broker, which may be given this very processor: what is
// only ready to run here then waits for as long as the operating system lets the broker
// have it, some milliseconds.
func (f *Fetcher) hand(r *recordbatch.Reader, sets []fetched, decoder chan<- []fetched) bool {
	if len(sets) == 0 {
		return true
	}
	if f.awaited(sets) {
		sets = f.decodeSets(r, sets, maxPromptMemory)
		runtime.Gosched() // to Next
		if len(sets) == 0 {
			return true
		}
	}
	select {
	case decoder <- sets:
		return true
	case <-f.ctx.Done():
		return false
	}
}

// awaited reports whether Next waits for record sets, they are small, and the decoder has
// none that come before them.
func (f *Fetcher) awaited(sets []fetched) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	size, first := 0, true
	for i := range sets {
		size += len(sets[i].set)
		first = first && sets[i].p.pending == 1
	}
	return f.waits && first && size <= maxPrompt
}
