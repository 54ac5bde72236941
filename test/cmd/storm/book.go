package main

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/cmd/internal/stats"
)

// book notes when each record was read first, and by whom.
type book struct {
	mu         sync.Mutex
	readers    int
	measuring  bool
	partitions []partition
	records    int
	twice      int
	stays      []time.Duration // between two records of a partition that one member read
	moves      []time.Duration // between those of which another member read the second
}

type partition struct {
	reader int
	at     time.Time
	next   int // the record after the last one that was read
}

func newBook(partitions int) *book { return &book{partitions: make([]partition, partitions)} }

// reader returns what a new member calls with each record that it reads.
func (b *book) reader() func(value []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.readers++
	id := b.readers
	return func(value []byte) { b.read(id, value) }
}

func (b *book) read(reader int, value []byte) {
	var p, n int
	if _, err := fmt.Sscanf(string(value), "%d/%d", &p, &n); err != nil {
		return
	}
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	last := &b.partitions[p]
	if b.measuring {
		b.records++
		switch gap := now.Sub(last.at); {
		case n < last.next:
			b.twice++
			return
		case last.reader == reader:
			b.stays = append(b.stays, gap)
		default:
			b.moves = append(b.moves, gap)
		}
	}
	*last = partition{reader, now, max(n+1, last.next)}
}

func (b *book) begin() { b.set(true) }
func (b *book) end()   { b.set(false) }

func (b *book) set(measuring bool) {
	b.mu.Lock()
	b.measuring = measuring
	b.mu.Unlock()
}

const heading = `| protocol | client | changes | stay: 99.9 % / longest | over 100 ms | moved | move: median / 99 % / longest | read twice |
| --- | --- | --- | --- | --- | --- | --- | --- |
`

func (b *book) line(client, protocol string, changes int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	slices.Sort(b.stays)
	slices.Sort(b.moves)
	over := 0
	for _, d := range b.stays {
		if d > 100*time.Millisecond {
			over++
		}
	}
	return fmt.Sprintf("| %s | %s | %d | %s / %s | %d of %d | %d | %s / %s / %s | %d of %d |", protocol, client, changes,
		at(b.stays, 0.999), at(b.stays, 1), over, len(b.stays), len(b.moves),
		at(b.moves, 0.5), at(b.moves, 0.99), at(b.moves, 1), b.twice, b.records)
}

// at is a quantile of what is sorted.
func at(d []time.Duration, q float64) time.Duration {
	return stats.Quantile(d, q).Round(time.Millisecond)
}
