package proxy

import (
	"math/rand"
	"sync"
	"time"
)

// CutAtRandom ends each connection after a random number of bytes below most, in one
// direction or the other, until the returned function is called. That lets everything
// pass again, and returns how many ends were set.
func (p *Proxy) CutAtRandom(most int64) (stop func() int) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	cuts := 0
	wg.Go(func() {
		rnd := rand.New(rand.NewSource(1))
		for {
			for _, c := range p.Conns() {
				d := ToServer
				if rnd.Intn(2) == 0 {
					d = ToClient
				}
				c.CutAfter(d, rnd.Int63n(most))
				cuts++
			}
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	return sync.OnceValue(func() int {
		close(done)
		wg.Wait()
		_ = p.Pass() // which has nothing to listen on again
		return cuts
	})
}
