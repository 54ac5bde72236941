package produce

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// throttle remembers until when brokers want no further requests, because a quota
// is used up (KIP-219). They wouldn't read them before that anyway; waiting here
// keeps the request timeout for the broker's own work.
type throttle struct {
	mu    sync.Mutex
	until map[int32]time.Time
}

// set notes what a broker's answer asks for.
func (t *throttle) set(broker int32, d time.Duration) {
	if d <= 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.until == nil {
		t.until = make(map[int32]time.Time)
	}
	t.until[broker] = time.Now().Add(d)
}

// wait blocks until the broker wants requests again. Its error says that ctx
// ended before.
func (t *throttle) wait(ctx context.Context, broker int32) error {
	t.mu.Lock()
	d := time.Until(t.until[broker])
	t.mu.Unlock()
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the quota of this client on broker %d, for %s: %w", broker, d.Round(time.Millisecond), context.Cause(ctx))
	}
}
