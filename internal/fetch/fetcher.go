package fetch

import (
	"context"
	"sync"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Config is how to fetch.
type Config struct {
	ReadCommitted     bool
	MinBytes          int32         // the broker waits for so much
	MaxWait           time.Duration // but no longer than this
	MaxBytes          int32         // of one response
	MaxPartitionBytes int32         // of one partition in a response
	Rack              string        // where this client is: leaders may name a replica there to read from
	MaxBuffered       int           // bytes decoded ahead of Next; fetching pauses above
	// MetadataInterval is how often it is looked whether topics are still the same.
	MetadataInterval time.Duration
	// Reset finds new offsets for partitions that can't be read on from their own,
	// once all that was read of each before has been taken by Next. It calls found
	// once for each of lost, from any goroutine, as soon as it knows, and returns after
	// the last. found reports whether the answer counted: see Found.
	Reset func(ctx context.Context, lost []Lost, found func(Found) bool)
	// Warn is told of trouble that the fetcher gets over by itself.
	Warn  func(msg string, err error)
	Hooks Hooks
}

// Fetcher reads partitions ahead of Next. It is safe for concurrent use, apart
// from Next, which has one caller.
type Fetcher struct {
	client *cluster.Client
	cfg    Config

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu       sync.Mutex
	parts    map[key]*partition
	added    time.Time // when a partition was added last
	loops    map[int32]bool
	ready    []decoded
	buffered int   // bytes in ready
	taken    int64 // bytes that Next has returned
	waits    bool  // Next waits
	err      error
	changed  chan struct{} // closed and replaced whenever something above changes
	route    chan struct{} // tells the router that there is work
}

// decoded is a batch that waits for Next.
type decoded struct {
	message.Batch
	p    *partition
	size int
}

// New starts a fetcher that reads nothing yet.
func New(client *cluster.Client, cfg Config) *Fetcher {
	f := &Fetcher{
		client:  client,
		cfg:     cfg,
		parts:   make(map[key]*partition),
		loops:   make(map[int32]bool),
		changed: make(chan struct{}),
		route:   make(chan struct{}, 1),
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	f.wg.Add(1)
	go f.router()
	return f
}

// Close stops reading and waits for all goroutines.
func (f *Fetcher) Close() {
	f.cancel()
	f.wg.Wait()
}

// Add begins to read partitions. One that is being read is started anew.
func (f *Fetcher) Add(starts []Start) {
	f.mu.Lock()
	f.added = time.Now()
	for _, s := range starts {
		k := key{s.Topic, s.Partition}
		f.remove(k)
		f.parts[k] = &partition{
			key: k, assignment: s.Assignment, topicID: s.TopicID, offset: s.Offset, behind: s.LeaderEpoch,
			epoch: -1, checked: -1, leader: noLeader, near: nearReplica{node: noLeader}, maxBytes: f.cfg.MaxPartitionBytes,
		}
	}
	f.mu.Unlock()
	f.wakeRouter()
}

// Remove stops reading a partition. Once it returns, Next returns no more of it.
func (f *Fetcher) Remove(topic string, id int32) {
	f.mu.Lock()
	f.remove(key{topic, id})
	f.broadcast()
	f.mu.Unlock()
}

// Len is the number of partitions being read.
func (f *Fetcher) Len() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.parts)
}

func (f *Fetcher) remove(k key) {
	if p, ok := f.parts[k]; ok {
		p.removed = true
		delete(f.parts, k)
	}
}

// Next returns what is there, at most about max records, waiting for the first.
// The batches of a partition come in the order of its log; one may have no records
// and only tell that the partition is read up to its Next. Its errors are final for
// the fetcher.
func (f *Fetcher) Next(ctx context.Context, max int) ([]message.Batch, error) {
	for {
		f.mu.Lock()
		out := f.take(max)
		err, changed := f.err, f.changed
		f.waits = len(out) == 0 && err == nil
		if len(out) > 0 {
			f.broadcast() // there is room again
		}
		f.mu.Unlock()
		switch {
		case len(out) > 0:
			return out, nil
		case err != nil:
			return nil, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (f *Fetcher) take(max int) []message.Batch {
	var out []message.Batch
	for n := 0; len(f.ready) > 0 && n < max; {
		d := &f.ready[0]
		if d.p.removed {
			f.pop()
			continue
		}
		if rest := max - n; len(d.Records) > rest {
			head := d.Batch
			head.Records = d.Records[:rest]
			head.Next = head.Records[rest-1].Offset + 1
			d.Records = d.Records[rest:]
			return append(out, head)
		}
		out = append(out, d.Batch)
		n += len(d.Records)
		f.pop()
	}
	return out
}

func (f *Fetcher) pop() {
	f.buffered -= f.ready[0].size
	f.taken += int64(f.ready[0].size)
	f.ready[0].p.queued--
	f.ready[0] = decoded{}
	f.ready = f.ready[1:]
}

// put hands a decoded batch over, waiting for room before. It returns false if
// the batch is not wanted any more.
func (f *Fetcher) put(s fetched, b message.Batch) bool {
	size := footprint(b.Records)
	for {
		f.mu.Lock()
		if s.p.removed || s.p.lineage != s.lineage {
			f.mu.Unlock()
			return false
		}
		if f.buffered == 0 || f.buffered+size <= f.cfg.MaxBuffered {
			f.buffered += size
			s.p.queued++
			s.p.corrupt = 0
			f.ready = append(f.ready, decoded{b, s.p, size})
			f.broadcast()
			f.mu.Unlock()
			return true
		}
		changed := f.changed
		f.mu.Unlock()
		select {
		case <-changed:
		case <-f.ctx.Done():
			return false
		}
	}
}

// Fail makes err the answer of Next once what is decoded has been taken.
func (f *Fetcher) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail(err)
}

// fail is Fail with the lock held. The first error counts.
func (f *Fetcher) fail(err error) {
	if f.err == nil && f.ctx.Err() == nil {
		f.err = err
		f.broadcast()
	}
}

// broadcast wakes whoever waits for a change. The lock is held.
func (f *Fetcher) broadcast() {
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *Fetcher) wakeRouter() {
	select {
	case f.route <- struct{}{}:
	default:
	}
}
