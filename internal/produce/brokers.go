package produce

import "sync"

// brokers keep what is known of each broker; of one that nothing is known of, the zero T.
type brokers[T any] struct {
	mu       sync.Mutex
	byBroker map[int32]T
}

// known returns what is known of a broker.
func (b *brokers[T]) known(broker int32) T {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.byBroker[broker]
}

// change changes what is known of a broker.
func (b *brokers[T]) change(broker int32, change func(now *T)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.byBroker[broker]
	change(&now)
	if b.byBroker == nil {
		b.byBroker = make(map[int32]T)
	}
	b.byBroker[broker] = now
}
