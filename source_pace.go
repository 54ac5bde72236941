package kafka

import "time"

// How long Conduit should take for what ReadN returns, and for how many records
// that is tried first.
const (
	paceFast  = 100 * time.Millisecond
	paceSlow  = time.Second
	paceFirst = 10
)

// pace sizes what ReadN returns by how fast Conduit takes it. Conduit asks for the
// next batch when it has begun with the last one: so a destination that takes its
// time for each record holds up two or three batches, and stopping the source waits
// for them. The SDK gives that up after a minute, and Conduit then never ends.
//
// The zero value is ready for the first batch.
type pace struct {
	limit    int       // records of the last batch, at most; 0 before the first
	count    int       // records of the last batch
	returned time.Time // when it was returned
}

// gave notes that a batch was returned.
func (p *pace) gave(count int, now time.Time) { p.count, p.returned = count, now }

// next returns how many records the next batch may have, given when it is asked for.
func (p *pace) next(now time.Time) int {
	taken := now.Sub(p.returned)
	switch {
	case p.limit == 0:
		p.limit = paceFirst
	case taken < paceFast:
		p.limit = min(2*p.limit, readBatch)
	case taken > paceSlow:
		p.limit = max(1, int(int64(min(p.limit, p.count))*int64(paceSlow)/int64(taken)))
	}
	return p.limit
}
