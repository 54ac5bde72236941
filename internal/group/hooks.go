package group

// Hooks are told what is worth counting. They must be quick; nil ones are left
// out.
type Hooks struct {
	// Joined is called for each generation that the member is in.
	Joined func()
	// Held has the number of partitions that the member holds from now on.
	Held func(partitions int)
	// Lost has the number of partitions that went to another member, or may have,
	// before this one could commit.
	Lost func(partitions int)
}

func (h Hooks) joined() {
	if h.Joined != nil {
		h.Joined()
	}
}

func (h Hooks) held(n int) {
	if h.Held != nil {
		h.Held(n)
	}
}

func (h Hooks) lost(n int) {
	if h.Lost != nil {
		h.Lost(n)
	}
}
