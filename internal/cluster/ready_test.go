package cluster

import (
	"testing"
	"time"

	"github.com/matryer/is"
)

func TestReadyLeavesABrokerAloneThatTookNoConnection(t *testing.T) {
	is := is.New(t)
	addr, dials := counted(t)
	c := newClient(t, addr)
	c.brokers[1] = addr
	failed := func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return !c.conns[connKey{addr, ProduceBeside}].vain.IsZero()
	}
	is.True(c.Ready(1, ProduceBeside) == nil)
	for ctx := guarded(t); !failed(); time.Sleep(time.Millisecond) {
		is.NoErr(ctx.Err())
	}
	for range 10 {
		is.True(c.Ready(1, ProduceBeside) == nil)
		time.Sleep(time.Millisecond) // a dial would have begun
	}
	is.Equal(dials.Load(), int32(1))
}
