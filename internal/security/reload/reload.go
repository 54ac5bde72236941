// Package reload keeps what is read from files that change while the connector
// runs: certificates, keys, tokens.
//
// The files are read each time something is asked for, which is as seldom as
// connections are made: no change is missed, whatever replaces the file (Kubernetes
// exchanges a symbolic link, others write in place), and nothing has to be watched.
package reload

import "sync"

// Value is what some files say. It may be used concurrently.
type Value[T any] struct {
	read func() (T, error)
	warn func(error)

	mu      sync.Mutex
	last    T
	problem string // that warn was called with; empty while all is well
}

// New reads a value for the first time; the error is read's.
func New[T any](read func() (T, error), warn func(error)) (*Value[T], error) {
	v := &Value[T]{read: read, warn: warn}
	var err error
	v.last, err = read()
	return v, err
}

// Get reads the value again. If that fails (a file is gone, or half written, or a
// key does not fit its certificate yet) it returns what was read last, and calls
// warn once for each problem.
func (v *Value[T]) Get() T {
	v.mu.Lock()
	defer v.mu.Unlock()
	next, err := v.read()
	if err == nil {
		v.last, v.problem = next, ""
		return next
	}
	if text := err.Error(); text != v.problem {
		v.problem = text
		v.warn(err)
	}
	return v.last
}
