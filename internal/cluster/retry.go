package cluster

import (
	"context"
	"errors"
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

// NewSteadyRetry is NewRetry without the jitter: what failed together is tried again
// together, with one request.
func NewSteadyRetry(min, max time.Duration) *Retry {
	return &Retry{backoff.Backoff{Min: min, Max: max, Factor: 2}}
}

// After returns the wait after a number of attempts in vain, at least one. It is safe for
// concurrent use.
func (r *Retry) After(misses int) time.Duration { return r.ForAttempt(float64(misses - 1)) }

// Wait blocks for the next delay. It returns false if ctx ended first.
func (r *Retry) Wait(ctx context.Context) bool { return Wait(ctx, r.Duration()) }

// WaitAfter is Wait for the delay after a number of attempts in vain, at least one.
func (r *Retry) WaitAfter(ctx context.Context, misses int) bool {
	return Wait(ctx, r.After(misses))
}

// Wait blocks for d. It returns false if ctx ended first.
func Wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// WhileRetriable tries until the result is something else than an error that is
// Retriable, and returns that, or the last such error after patience. A try that has begun
// goes on until ctx ends: its caller sets the time. What a try says that this time cuts off
// counts only if no other went before.
func WhileRetriable[T any](ctx context.Context, patience time.Duration, try func(context.Context) (T, error)) (T, error) {
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	pause := NewRetry(50*time.Millisecond, time.Second)
	var before T
	var last error
	for {
		v, err := try(ctx)
		switch {
		case err == nil || !Retriable(err):
			return v, err
		case last != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
			return before, last
		}
		if before, last = v, err; !pause.Wait(patient) {
			return v, err
		}
	}
}
