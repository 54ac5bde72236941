package fetch

// Hooks are told what is worth counting. They must be quick; nil ones are left
// out.
type Hooks struct {
	// Fetched has the size of a partition's record batches in one answer, as they
	// came: compressed.
	Fetched func(bytes int)
	// Retried has an error for which a partition is fetched again, maybe from
	// another broker.
	Retried func(err error)
}

func (h Hooks) fetched(bytes int) {
	if h.Fetched != nil {
		h.Fetched(bytes)
	}
}

func (h Hooks) retried(err error) {
	if h.Retried != nil {
		h.Retried(err)
	}
}
