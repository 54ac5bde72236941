package produce

// Hooks are told what is worth counting. They must be quick; nil ones are left
// out.
type Hooks struct {
	// Written has the records of a batch that was written, and its size as it was
	// sent: compressed.
	Written func(records, bytes int)
}

func (h Hooks) written(records, bytes int) {
	if h.Written != nil {
		h.Written(records, bytes)
	}
}
