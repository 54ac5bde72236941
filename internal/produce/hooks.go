package produce

// Hooks are told what is worth counting. They must be quick; nil ones are left
// out.
type Hooks struct {
	// Written has the size of a record batch that was written, as it was sent:
	// compressed.
	Written func(bytes int)
}

func (h Hooks) written(bytes int) {
	if h.Written != nil {
		h.Written(bytes)
	}
}
