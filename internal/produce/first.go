package produce

// The first message that is not written decides what a Send returns, and what needs no
// further attempt.

// limit is the index of the first message that no retry can help; nothing after it
// needs to be written any more. If there is none, it is that of the first which is held
// back.
func (pl *plan) limit() int {
	at, _ := pl.earliest(func(q *queue) bool { return q.fatal })
	return at
}

// failed returns the first message that isn't durable because of an error, and
// that error.
func (pl *plan) failed() (int, error) { return pl.earliest(func(*queue) bool { return true }) }

func (pl *plan) earliest(want func(*queue) bool) (int, error) {
	first, err := pl.until, error(nil)
	for _, q := range pl.queues {
		if len(q.batches) > 0 && q.err != nil && want(q) && pl.first(q) < first {
			first, err = pl.first(q), q.err
		}
		for _, b := range q.batches {
			if b.refused != nil && pl.firstOf(b) < first {
				first, err = pl.firstOf(b), b.refused
			}
		}
	}
	return first, err
}

// first is the index of the first message of a queue that isn't durable.
func (pl *plan) first(q *queue) int {
	first := pl.firstOf(q.batches[0])
	for _, b := range q.batches[1:] { // in order, unless the topic was made again
		first = min(first, pl.firstOf(b))
	}
	return first
}

// firstOf is that of a batch. One that is sent again as it was may begin with messages
// that were passed over.
func (pl *plan) firstOf(b *batch) int {
	for _, i := range b.indexes {
		if !pl.passed[i] {
			return i
		}
	}
	return b.indexes[0]
}

// setAside moves the first batch, which is refused, after those with messages that come
// before it in the batch of the Send: they are still to be written.
func (pl *plan) setAside(q *queue) {
	b, at := q.batches[0], 0
	for i, other := range q.batches {
		if pl.firstOf(other) < pl.firstOf(b) {
			at = i
		}
	}
	if at == 0 {
		return
	}
	b.refused = q.err
	copy(q.batches, q.batches[1:at+1])
	q.batches[at] = b
	q.err, q.last, q.fatal = nil, nil, false
}
