package limits_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// stopInEach stops a side in each of its states, also with a context that has ended.
func stopInEach[S interface {
	stop(t *testing.T, name string, forced bool)
}](t *testing.T, states map[string]S) {
	for name, state := range states {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { state.stop(t, name, false) })
		})
		t.Run(name+", forced", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { state.stop(t, name, true) })
		})
	}
}

// stopInTime tears a side down, and checks that this takes no longer than it may, and that
// nothing of calls runs on. It returns the error of the teardown.
func stopInTime(ctx context.Context, t *testing.T, forced bool, teardown func(context.Context) error, calls map[string]*call) error {
	t.Helper()
	if forced {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		cancel()
	}
	synctest.Wait() // for what is running, of which the SDK knows nothing
	begun := time.Now()
	err := start(func() error { return teardown(ctx) }).within(time.Hour)
	took := time.Since(begun)
	t.Logf("Teardown took %s: %v", took, err)
	if took > limit {
		t.Errorf("Teardown took %s", took)
	}
	for name, c := range calls {
		if errors.Is(c.within(limit-took), errRunning) {
			t.Errorf("%s runs on after Teardown", name)
			<-c.done
		}
	}
	return err
}
