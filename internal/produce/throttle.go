package produce

import (
	"context"
	"fmt"
	"time"
)

// throttle remembers until when brokers want no further requests, because a quota
// is used up (KIP-219). They wouldn't read them before that anyway; waiting here
// keeps the request timeout for the broker's own work.
type throttle struct{ brokers[time.Time] }

// set notes what a broker's answer asks for.
func (t *throttle) set(broker int32, d time.Duration) {
	if d <= 0 {
		return
	}
	t.change(broker, func(until *time.Time) { *until = time.Now().Add(d) })
}

// wait blocks until the broker wants requests again. Its error says that ctx
// ended before.
func (t *throttle) wait(ctx context.Context, broker int32) error {
	d := time.Until(t.known(broker))
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
