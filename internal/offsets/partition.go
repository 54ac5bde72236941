package offsets

// partition is one assignment of a partition.
type partition struct {
	assignment int64
	topicID    TopicID
	queue                     // what was handed out
	acked      map[int64]bool // those of the queue that are acknowledged out of order
	safe       int64          // everything below is acknowledged: the offset to commit
	sent       int64          // the last offset that was committed
	read       bool           // something was handed out
	next       int64          // where the partition goes on after the last record handed out
	high       int64          // the highest offset reached before the last rewind
	epochs     []epochFrom    // leader epochs of what was handed out, ascending; those before safe-1 but one are dropped
	// gone counts records, by their offset, that were handed out and unacknowledged
	// when the log lost them, and that nothing but their offset identifies. The first
	// acks of each are for them.
	gone map[int64]int
}

// epochFrom is a leader epoch and the first offset that was handed out of it.
type epochFrom struct {
	epoch int32
	from  int64
}

// deliver returns how many records were added.
func (p *partition) deliver(r Run, offsets func(yield func(int64) bool)) int {
	n := p.add(offsets)
	p.read = p.read || n > 0
	p.enter(r.LeaderEpoch)
	p.next = r.Next
	p.settle()
	return n
}

// mayHave reports whether a record may be of this log, and if only its offset says so, of
// what was handed out since the log lost a record with that offset.
func (p *partition) mayHave(r *Record) bool {
	if r.TopicID != p.topicID && r.TopicID != (TopicID{}) && p.topicID != (TopicID{}) {
		return false
	}
	if r.LeaderEpoch >= 0 {
		epoch := p.epochOf(r.Offset)
		return epoch < 0 || epoch == r.LeaderEpoch
	}
	n := p.gone[r.Offset]
	switch n {
	case 0:
		return true
	case 1:
		delete(p.gone, r.Offset)
	default:
		p.gone[r.Offset] = n - 1
	}
	return false
}

// ack returns how many records it has acknowledged: one or none.
func (p *partition) ack(offset int64) int {
	first, ok := p.first()
	if !ok {
		return 0
	}
	if first != offset {
		if p.acked[offset] || !p.has(offset) {
			return 0
		}
		p.acked[offset] = true
		return 1
	}
	p.advance()
	for len(p.acked) > 0 {
		first, ok := p.first()
		if !ok || !p.acked[first] {
			break
		}
		delete(p.acked, first)
		p.advance()
	}
	p.settle()
	return 1
}

func (p *partition) unacked() int { return p.n - len(p.acked) }

// entryBytes is what a run of offsets, or a record acknowledged out of order, takes at
// most: 16 bytes, and the room that slices and maps keep for more.
const entryBytes = 40

// bytes is what the partition takes.
func (p *partition) bytes() int64 {
	return int64(len(p.spans)-p.head+len(p.acked)) * entryBytes
}

// advance counts the first record as acknowledged.
func (p *partition) advance() {
	p.safe = p.spans[p.head].from + 1
	p.drop()
}

// settle moves over what lies after the last record when none is pending.
func (p *partition) settle() {
	if p.n == 0 {
		p.safe = max(p.safe, p.next)
	}
}

// enter notes the leader epoch of what is handed out from next on.
func (p *partition) enter(epoch int32) {
	if p.epochs[len(p.epochs)-1].epoch != epoch {
		p.epochs = append(p.epochs, epochFrom{epoch, p.next})
	}
}

// epoch is the leader epoch of the record before safe.
func (p *partition) epoch() int32 {
	for len(p.epochs) > 1 && p.epochs[1].from < p.safe {
		p.epochs = p.epochs[1:]
	}
	return p.epochs[0].epoch
}

// epochOf is the leader epoch of an offset that was handed out.
func (p *partition) epochOf(offset int64) int32 {
	for i := len(p.epochs) - 1; i > 0; i-- {
		if p.epochs[i].from <= offset {
			return p.epochs[i].epoch
		}
	}
	return p.epochs[0].epoch
}
