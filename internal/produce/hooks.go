package produce

import "time"

// Hooks are told what is worth counting. They must be quick; nil ones are left
// out.
type Hooks struct {
	// Written has the records of a batch that was written, and its size as it was
	// sent: compressed.
	Written func(records, bytes int)
	// Throttled has the pause that a broker's answer asks for, because a quota is used up.
	Throttled func(time.Duration)
}

func (h Hooks) throttled(d time.Duration) {
	if h.Throttled != nil && d > 0 {
		h.Throttled(d)
	}
}

func (h Hooks) written(records, bytes int) {
	if h.Written != nil {
		h.Written(records, bytes)
	}
}
