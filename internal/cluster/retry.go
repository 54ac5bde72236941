package cluster

import (
	"context"
	"time"

	"github.com/jpillora/backoff"
)

// Retry waits longer after each failure.
type Retry struct{ backoff.Backoff }

// NewRetry doubles the wait from min to max, with jitter so that clients don't
// come back in step.
func NewRetry(min, max time.Duration) *Retry {
	return &Retry{backoff.Backoff{Min: min, Max: max, Factor: 2, Jitter: true}}
}

// Wait blocks for the next delay. It returns false if ctx ended first.
func (r *Retry) Wait(ctx context.Context) bool {
	timer := time.NewTimer(r.Duration())
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
