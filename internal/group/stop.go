package group

import (
	"context"
	"time"
)

// What is still done when a member is stopped ends this long after that. Whoever stops it
// waits for all of it, five seconds at most with what is closed afterwards.
const (
	// maxRebalanceEnd bounds how long a rebalance that it takes part in may take to
	// end. Before that the coordinator accepts no commit, or already expects another
	// generation. Other members hear of a rebalance by their next heartbeat, every three
	// seconds unless that is changed.
	maxRebalanceEnd = 4 * time.Second
	commitEnd       = 4500 * time.Millisecond
	leaveEnd        = 4800 * time.Millisecond
)

// rebalanceEnd is how long a rebalance takes in which another member has died, its
// leader for instance, unless that is too long to wait for.
func (m *Member) rebalanceEnd() time.Duration {
	return min(m.cfg.SessionTimeout+time.Second, maxRebalanceEnd)
}

// outlive returns a context that ends that long after ctx.
func outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		end := time.AfterFunc(d, cancel)
		context.AfterFunc(out, func() { end.Stop() })
	})
	return out, cancel
}
