package produce

import (
	"context"
	"sync"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// repetition is for how long brokers must say the same until it is believed: that there is
// no such topic or partition, or that the login may not. What was just created, or allowed,
// is unknown to some for a moment; what was not always will be.
const repetition = 5 * time.Second

// metadataMaxAge is how long new partitions may go unnoticed by those messages that
// may go to any.
const metadataMaxAge = time.Minute

// known is what metadata says of a topic; not ok if it has to be asked first.
// Metadata that has grown old is asked for again, which nothing waits for.
func (p *Producer) known(name string) (cluster.Topic, bool) {
	t, ok := p.client.Cached(name)
	if !ok || t.Err != nil || len(t.Partitions) == 0 {
		return t, false
	}
	if time.Since(t.AsOf) >= p.maxAge {
		p.renewal.note(name)
	}
	return t, true
}

// renewal asks again for metadata that has grown old, for all topics of a Send with one
// request.
type renewal struct {
	names []string // noted by Send, which has one caller

	mu      sync.Mutex
	running bool
	closed  bool
	tasks   sync.WaitGroup
}

func (r *renewal) note(name string) { r.names = append(r.names, name) }

// begin asks for the topics that were noted, unless the last request is still under way.
func (r *renewal) begin(ctx context.Context, client *cluster.Client) {
	if len(r.names) == 0 {
		return
	}
	names := r.names
	r.names = nil
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running || r.closed {
		return
	}
	r.running = true
	r.tasks.Go(func() {
		// A failure shows in what is written, or it is tried again at the next Send.
		_, _ = client.Refresh(ctx, names)
		r.mu.Lock()
		r.running = false
		r.mu.Unlock()
	})
}

// wait waits for the last request. There will be none after it.
func (r *renewal) wait() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.tasks.Wait()
}

// vain is what was waited for in vain, and when: for a while it is asked for but once, so
// that records for it don't hold up those for others.
type vain[K comparable] struct {
	mu sync.Mutex
	at map[K]time.Time
}

// lack is a topic that is not there, or that has only this many partitions.
type lack struct {
	topic      string
	partitions int // 0: the topic is not there
}

func (v *vain[K]) lately(k K) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return time.Since(v.at[k]) < metadataMaxAge
}

func (v *vain[K]) note(k K) {
	const enough = 1000 // names, of which a template may make any number
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.at == nil || len(v.at) >= enough {
		v.at = make(map[K]time.Time)
	}
	v.at[k] = time.Now()
}

// forget is called when it was not in vain.
func (v *vain[K]) forget(k K) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.at, k)
}
