package consumer

// Hooks are told what is worth counting, apart from what group.Hooks and
// fetch.Hooks are told. They must be quick; nil ones are left out.
type Hooks struct {
	// Committed has the outcome of an attempt to commit offsets.
	Committed func(err error)
	// Reset is called for a partition whose offset is not in its log.
	Reset func()
}

func (h Hooks) committed(err error) {
	if h.Committed != nil {
		h.Committed(err)
	}
}

func (h Hooks) reset() {
	if h.Reset != nil {
		h.Reset()
	}
}
