package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/cmd/internal/stats"
)

// book notes when each record was read first, and by whom.
type book struct {
	mu         sync.Mutex
	readers    int
	partitions []partition
	gaps       gaps
	err        error
}

type partition struct {
	reader int // 0 before anything was read
	at     time.Time
	seen   []bool // records that were read
}

// gaps are the times between two records of a partition.
type gaps struct {
	stays  []time.Duration // where one member read both
	moves  []time.Duration // where another member read the second
	twice  int             // records that were read again
	counts int             // records that were read
}

func newBook(partitions int) *book { return &book{partitions: make([]partition, partitions)} }

// reader returns what a new member calls with each record that it reads.
func (b *book) reader() func(value string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.readers++
	id := b.readers
	return func(value string) { b.read(id, value, time.Now()) }
}

func (b *book) read(reader int, value string, now time.Time) {
	p, n, err := b.parse(value)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.err = err
		return
	}
	last := &b.partitions[p]
	b.gaps.counts++
	for len(last.seen) <= n {
		last.seen = append(last.seen, false)
	}
	if last.seen[n] {
		b.gaps.twice++
		return
	}
	last.seen[n] = true
	switch gap := now.Sub(last.at); last.reader {
	case 0:
	case reader:
		b.gaps.stays = append(b.gaps.stays, gap)
	default:
		b.gaps.moves = append(b.gaps.moves, gap)
	}
	last.reader, last.at = reader, now
}

// record is the value of a partition's record n.
func record(partition, n int) string { return strconv.Itoa(partition) + "/" + strconv.Itoa(n) }

// parse is the reverse of record.
func (b *book) parse(value string) (partition, n int, err error) {
	first, second, _ := strings.Cut(value, "/")
	if partition, err = strconv.Atoi(first); err == nil {
		n, err = strconv.Atoi(second)
	}
	if err != nil || partition < 0 || partition >= len(b.partitions) || n < 0 {
		return 0, 0, fmt.Errorf("a record has the value %.40q", value)
	}
	return partition, n, nil
}

// take returns the gaps since the last call.
func (b *book) take() gaps {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.gaps
	b.gaps = gaps{}
	slices.Sort(g.stays)
	slices.Sort(g.moves)
	return g
}

// lost is how many records were not read, of those before one that was.
func (b *book) lost() (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.partitions {
		for _, seen := range p.seen {
			if !seen {
				n++
			}
		}
	}
	return n, b.err
}

// long is a pause that a partition which stays with its member shall not have.
const long = 100 * time.Millisecond

// over is how many of the partitions that stayed had a pause that is longer than long.
func (g gaps) over() int {
	first, _ := slices.BinarySearch(g.stays, long+1)
	return len(g.stays) - first
}

// at is a quantile of what is sorted.
func at(d []time.Duration, q float64) time.Duration {
	return stats.Quantile(d, q).Round(time.Millisecond)
}
