package limits_test

import (
	"errors"
	"time"
)

// errRunning is that of a call which has not returned.
var errRunning = errors.New("it still runs")

// call is one that runs in the background.
type call struct {
	done chan struct{}
	err  error
}

func start(f func() error) *call {
	c := &call{done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.err = f()
	}()
	return c
}

// running reports whether a call has not returned.
func (c *call) running() bool {
	select {
	case <-c.done:
		return false
	default:
		return true
	}
}

// within waits for a call until a time.
func (c *call) within(d time.Duration) error {
	select {
	case <-c.done:
		return c.err
	case <-time.After(d):
		return errRunning
	}
}
