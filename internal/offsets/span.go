package offsets

import (
	"slices"
	"sort"
)

// span is a run of offsets without a gap.
type span struct {
	from, to int64 // to is the one after them
	size     int64 // bytes of each record, on average
}

func (s span) len() int { return int(s.to - s.from) }

// queue is the offsets that were handed out from the first unacknowledged one on. It
// takes memory by gaps and by changes of the average size, not by records.
type queue struct {
	spans []span // ascending
	head  int    // index of the first
	n     int    // records
}

// first returns the first offset, if there is one.
func (q *queue) first() (int64, bool) {
	if q.head == len(q.spans) {
		return 0, false
	}
	return q.spans[q.head].from, true
}

// drop takes the first offset out, and returns the size of its record.
func (q *queue) drop() (size int64) {
	s := &q.spans[q.head]
	size = s.size
	if s.from++; s.from == s.to {
		q.head++
	}
	if q.n--; q.n == 0 {
		q.spans, q.head = q.spans[:0], 0
	}
	return size
}

// find returns the size of the record at an offset; false if it is not there.
func (q *queue) find(offset int64) (size int64, ok bool) {
	spans := q.spans[q.head:]
	i := sort.Search(len(spans), func(i int) bool { return spans[i].to > offset })
	if i == len(spans) || spans[i].from > offset {
		return 0, false
	}
	return spans[i].size, true
}

// add appends offsets, which are above all before them. bytes is the size of all their
// records. It returns how many there are, and by how many bytes the sum of sizes rises,
// which are averages: over what was added before too, unless exact, since some of that
// is not counted any more.
func (q *queue) add(offsets func(yield func(int64) bool), bytes int64, exact bool) (n int, rounded int64) {
	if q.head > len(q.spans)/2 {
		q.spans = slices.Delete(q.spans, 0, q.head)
		q.head = 0
	}
	first := len(q.spans)
	for o := range offsets {
		n++
		if last := len(q.spans) - 1; last >= first && q.spans[last].to == o {
			q.spans[last].to++
		} else {
			q.spans = append(q.spans, span{from: o, to: o + 1})
		}
	}
	if n == 0 {
		return 0, 0
	}
	q.n += n
	size := bytes / int64(n)
	for i := range q.spans[first:] {
		q.spans[first+i].size = size
	}
	return n, size*int64(n) + q.join(first, exact)
}

// join makes one span of that at an index and the one before it, if they touch. It
// returns by how many bytes that changes the sum.
func (q *queue) join(i int, exact bool) (bytes int64) {
	if i <= q.head || q.spans[i-1].to != q.spans[i].from {
		return 0
	}
	a, b := q.spans[i-1], q.spans[i]
	if exact && a.size != b.size {
		return 0
	}
	sum := a.size*int64(a.len()) + b.size*int64(b.len())
	both := span{from: a.from, to: b.to}
	both.size = sum / int64(both.len())
	q.spans[i-1] = both
	q.spans = slices.Delete(q.spans, i, i+1)
	return both.size*int64(both.len()) - sum
}

// all yields the offsets and the sizes of their records.
func (q *queue) all(yield func(offset, size int64) bool) {
	for _, s := range q.spans[q.head:] {
		for o := s.from; o < s.to; o++ {
			if !yield(o, s.size) {
				return
			}
		}
	}
}
