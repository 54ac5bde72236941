package offsets

import (
	"slices"
	"sort"
)

// span is a run of offsets without a gap.
type span struct{ from, to int64 } // to is the one after them

// queue is the offsets that were handed out from the first unacknowledged one on. It
// takes memory by gaps, not by records.
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

// drop takes the first offset out.
func (q *queue) drop() {
	s := &q.spans[q.head]
	if s.from++; s.from == s.to {
		q.head++
	}
	if q.n--; q.n == 0 {
		q.spans, q.head = q.spans[:0], 0
	}
}

// has reports whether an offset is there.
func (q *queue) has(offset int64) bool {
	spans := q.spans[q.head:]
	i := sort.Search(len(spans), func(i int) bool { return spans[i].to > offset })
	return i < len(spans) && spans[i].from <= offset
}

// add appends offsets, which are above all before them, and returns how many there are.
func (q *queue) add(offsets func(yield func(int64) bool)) (n int) {
	if q.head > len(q.spans)/2 {
		q.spans = slices.Delete(q.spans, 0, q.head)
		q.head = 0
	}
	for o := range offsets {
		n++
		if last := len(q.spans) - 1; last >= q.head && q.spans[last].to == o {
			q.spans[last].to++
		} else {
			q.spans = append(q.spans, span{o, o + 1})
		}
	}
	q.n += n
	return n
}

// all yields the offsets.
func (q *queue) all(yield func(offset int64) bool) {
	for _, s := range q.spans[q.head:] {
		for o := s.from; o < s.to; o++ {
			if !yield(o) {
				return
			}
		}
	}
}
