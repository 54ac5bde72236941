package fetch

import (
	"context"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// decoded is a batch that waits for Next.
type decoded struct {
	message.Batch
	p    *partition
	size int
}

// Next returns what is there, at most about max records, waiting for the first.
// The batches of a partition come in the order of its log; one may have no records
// and only tell that the partition is read up to its Next. Its errors are final for
// the fetcher.
//
// No partition is reset before the caller says, with Settle or the next call, that it
// has done its bookkeeping for what Next returned.
func (f *Fetcher) Next(ctx context.Context, max int) ([]message.Batch, error) {
	f.Settle()
	for {
		f.mu.Lock()
		out := f.take(max)
		err := f.err
		f.waits = len(out) == 0 && err == nil
		f.mu.Unlock()
		switch {
		case len(out) > 0:
			return out, nil
		case err != nil:
			return nil, err
		}
		select {
		case <-f.filled:
		case <-ctx.Done():
			f.mu.Lock()
			f.waits = false
			f.mu.Unlock()
			return nil, ctx.Err()
		}
	}
}

// Settle notes that Next's caller has done its bookkeeping for what it was given.
func (f *Fetcher) Settle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, p := range f.handed {
		if p.queued--; p.lost != 0 && p.queued == 0 {
			f.wakeRouter()
		}
		f.handed[i] = nil
	}
	f.handed = f.handed[:0]
}

func (f *Fetcher) take(max int) []message.Batch {
	var out []message.Batch
	for n := 0; len(f.ready) > 0 && n < max; {
		d := &f.ready[0]
		if d.p.state == removed {
			f.pop()
			continue
		}
		if rest := max - n; len(d.Records) > rest {
			head := d.Batch
			head.Records, head.Memory = d.Records[:rest], nil
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
	f.handed = append(f.handed, f.ready[0].p)
	f.ready[0] = decoded{}
	f.ready = f.ready[1:]
	f.makeRoom()
}

// put hands a decoded batch over, waiting for room before. It returns false if
// the batch is not wanted any more.
func (f *Fetcher) put(s fetched, b message.Batch) bool {
	size := footprint(b.Records)
	for {
		f.mu.Lock()
		if !s.wanted() {
			f.mu.Unlock()
			return false
		}
		if f.buffered == 0 || f.buffered+size <= f.cfg.MaxBuffered {
			f.buffered += size
			s.p.queued++
			if b.Next > s.p.broken.offset {
				s.p.broken = streak{}
			}
			f.ready = append(f.ready, decoded{b, s.p, size})
			wake(f.filled)
			f.mu.Unlock()
			return true
		}
		f.crowded = true
		room := f.room
		f.mu.Unlock()
		select {
		case <-room:
		case <-f.ctx.Done():
			return false
		}
	}
}

// makeRoom wakes the decoders that wait for room. The lock is held.
func (f *Fetcher) makeRoom() {
	if f.crowded {
		f.crowded = false
		close(f.room)
		f.room = make(chan struct{})
	}
}
