package cluster

import (
	"errors"
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// refusalPatience is how long a cluster that has worked may refuse each connection
// until that is believed: brokers answer "authentication failed" to a burst of
// connections, and present another's certificate while a load balancer is changed.
const refusalPatience = 5 * time.Minute

// refusalGap separates refusals that have nothing to do with each other.
const refusalGap = time.Minute

// RefusedError says that a connection was refused, with settings with which
// connections to this cluster have worked before. It is worth a retry.
type RefusedError struct {
	Err  error
	Left time.Duration // after which it is no longer, if nothing else works
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%v (connections to this cluster have worked with the same settings: it is tried for another %s)", e.Err, e.Left.Round(time.Second))
}

func (e *RefusedError) Unwrap() error { return e.Err }

// refusals is what is known of the connections of a client, which guards it with its
// lock.
type refusals struct {
	worked   bool // at least one was ready
	patience time.Duration
	since    time.Time // the first refusal since something worked
	last     time.Time
}

// judgeLocked returns the error of a dial as callers are to see it: a refusal is final
// before anything has worked, and after refusalPatience in which nothing did.
func (c *Client) judgeLocked(err error) error {
	r := &c.refusals
	switch {
	case err == nil:
		r.worked, r.since = true, time.Time{}
		return nil
	case !r.worked || !Permanent(err):
		return err
	}
	now := time.Now()
	if r.since.IsZero() || now.Sub(r.last) > refusalGap || c.anyAliveLocked() {
		r.since = now
	}
	r.last = now
	left := r.patience - now.Sub(r.since)
	if left <= 0 {
		return err
	}
	return &RefusedError{err, left}
}

// anyAliveLocked reports whether a connection can be used.
func (c *Client) anyAliveLocked() bool {
	for _, s := range c.conns {
		if s.conn != nil && alive(s.conn) {
			return true
		}
	}
	return false
}

// passing reports whether an error, of one broker, says that it will be gone.
func passing(err error) bool {
	var refused *RefusedError
	return errors.As(err, &refused)
}

// refusesAll reports whether an error of one broker would be the same at any other:
// the credentials are the same for all.
func refusesAll(err error) bool {
	var auth *wire.AuthError
	return !passing(err) && errors.As(err, &auth) || errors.Is(err, wire.ErrClosed)
}
