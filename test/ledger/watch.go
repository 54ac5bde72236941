package ledger

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

const (
	watchInterval = 50 * time.Millisecond
	// lookTimeout bounds one look: brokers are at fault while the watch goes on.
	lookTimeout = 5 * time.Second
)

// watched is what a group was seen to commit.
type watched struct {
	looks     int
	last      map[int32]int64 // by partition
	regressed int             // commits lower than an earlier one
	elsewhere bool            // the source is in another process
	seen      []committed
}

// committed is an offset that was seen for the first time when that many records
// had been acknowledged.
type committed struct {
	partition int32
	offset    int64
	clock     int
}

// Watch looks at the commits of a group until ctx ends. Looks that fail, as they
// do while brokers are away, are left out. One ledger watches one group.
//
// The client is one that knows the brokers around proxies at fault.
func (l *Ledger) Watch(ctx context.Context, client *kclient.Client, group string) {
	for ctx.Err() == nil {
		if offsets, err := l.look(ctx, client, group); err == nil {
			if l.lower(offsets) {
				// A broker that has just woken up may answer with what it knew
				// before it was frozen: ask again, whoever coordinates now.
				client.Raw().ForceMetadataRefresh()
				time.Sleep(watchInterval)
				if offsets, err = l.look(ctx, client, group); err != nil {
					continue
				}
			}
			l.noteCommits(offsets)
		}
		select {
		case <-ctx.Done():
		case <-time.After(watchInterval):
		}
	}
}

// Elsewhere says that the source is in another process. Nobody here can then tell
// which commits are early and which reads come after one: Returned is called in the
// end, Progressed meanwhile. Call it before Watch.
func (l *Ledger) Elsewhere() { l.watched.elsewhere = true }

// Progressed notes that the source elsewhere has read something.
func (l *Ledger) Progressed() {
	l.mu.Lock()
	l.reader.lap()
	l.mu.Unlock()
}

func (l *Ledger) look(ctx context.Context, client *kclient.Client, group string) (map[int32]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	return client.Committed(ctx, group, l.topic)
}

func (l *Ledger) lower(offsets map[int32]int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p, last := range l.watched.last {
		if at, ok := offsets[p]; !ok || at < last {
			return true
		}
	}
	return false
}

func (l *Ledger) noteCommits(offsets map[int32]int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &l.watched
	w.looks++
	for p, last := range w.last {
		if at, ok := offsets[p]; !ok || at < last {
			w.regressed++
		}
	}
	for p, at := range offsets {
		if last, ok := w.last[p]; !ok || at != last {
			w.seen = append(w.seen, committed{p, at, l.clock})
		}
	}
	w.last = offsets
}

// early counts the commits before which a record of the log was not
// acknowledged when they were seen. log holds the offsets of each partition,
// ascending.
func (w *watched) early(log map[int32][]int64, acks map[place]int) int {
	if w.elsewhere {
		return 0
	}
	latest := make(map[int32][]int) // by partition: the last ack of the records up to this one
	for p, offsets := range log {
		last := 0
		for _, offset := range offsets {
			at, ok := acks[place{p, offset}]
			if !ok {
				at = math.MaxInt
			}
			last = max(last, at)
			latest[p] = append(latest[p], last)
		}
	}
	count := 0
	for _, c := range w.seen {
		before, _ := slices.BinarySearch(log[c.partition], c.offset)
		if before > 0 && latest[c.partition][before-1] > c.clock {
			count++
		}
	}
	return count
}
