package simulation

import "time"

// aftermath is how long after an event requests may still get lost by it.
const aftermath = 30 * time.Second

// upset notes that something happens to connections or brokers, on account of which what
// nobody answers for may be lost, and returns a function for when it is over. What is lasting
// strikes later, or is never noticed.
func (b *book) upset(lasting bool) (over func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.upsets = append(b.upsets, span{from: b.now(), to: forever})
	i := len(b.upsets) - 1
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if !lasting {
			b.upsets[i].to = b.now() + aftermath
		}
	}
}

// mayBeLost reports whether a record may not be in the log although it counts as
// written: nobody said that it was, and something has happened about that time.
func (b *book) mayBeLost(n *number) bool {
	if !n.unheard {
		return false
	}
	for _, s := range b.upsets {
		if n.tried < s.to && s.from < n.durable+aftermath {
			return true
		}
	}
	return false
}
