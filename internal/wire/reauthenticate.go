package wire

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/sasl"
)

// minReauthInterval is the least time that a broker allows between two authentications
// of one connection: one second, and a margin for the way there.
const minReauthInterval = 1100 * time.Millisecond

// keepAuthenticated authenticates the same connection again before each session ends
// (KIP-368): after the end of a session a broker closes a connection that sends anything
// else. No request is lost or repeated: requests in flight are answered first, later
// ones wait for some round trips. The one exception is a request that is queued after a
// long-held one (fetch, join) when the session ends first. No caller here queues after
// such a request.
//
// If the broker refuses, the connection dies. That is not yet an AuthError: what
// a session may not become (another user, say) a new connection may.
func (c *Conn) keepAuthenticated(m sasl.Mechanism, lifetime time.Duration) {
	var begun time.Time // when the last renewal did
	for s := c.begin(lifetime); lifetime > 0; {
		if !c.sleep(time.Until(s.renew)) {
			return
		}
		var err error
		if lifetime, begun, err = c.renew(m, s, begun); err != nil {
			// %v hides an AuthError: a new connection may be authenticated all the same.
			c.kill(fmt.Errorf("authenticate again, as the session with %s ends: %v", c.addr, err))
			return
		}
		before := s
		s = c.begin(lifetime)
		close(before.over)
	}
}

// session is how long a broker treats a connection as authenticated.
type session struct {
	renew time.Time     // when to begin the next one
	last  time.Time     // after which nothing else is written
	retry time.Duration // between attempts to get credentials
	over  chan struct{} // closed when the next one has begun
}

// begin makes a session that the broker has just granted the connection's.
func (c *Conn) begin(lifetime time.Duration) session {
	var s session // without an end
	if lifetime > 0 {
		s = newSession(lifetime)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = s
	return s
}

// newSession begins now. A fifth to a tenth of it is left for what may be slow, at
// random, so that connections which began together don't renew together; of short
// sessions two seconds, or half of it.
func newSession(lifetime time.Duration) session {
	now := time.Now()
	part := func(f float64) time.Duration { return time.Duration(f * float64(lifetime)) }
	reserve := max(part(0.1+0.1*rand.Float64()), min(2*time.Second, part(0.5)))
	return session{
		renew: now.Add(lifetime - reserve),
		last:  now.Add(lifetime - reserve/4),
		retry: min(max(part(0.01), 50*time.Millisecond), 10*time.Second),
		over:  make(chan struct{}),
	}
}

// late returns nil while requests may be written, otherwise a channel that is closed
// when the next session begins. It matters where the renewal itself is late, on an
// overloaded machine.
func (c *Conn) late() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session.last.IsZero() || time.Now().Before(c.session.last) {
		return nil
	}
	return c.session.over
}

// renew begins the next session and returns how long it lasts.
func (c *Conn) renew(m sasl.Mechanism, s session, last time.Time) (lifetime time.Duration, begun time.Time, err error) {
	// Where it is too early for the broker, nobody else may write while that is
	// waited for: the session ends meanwhile. Credentials are fresh afterwards.
	early := time.Until(last.Add(minReauthInterval))
	var next login
	if early <= 0 {
		if next, err = c.nextCredentials(m, s); err != nil {
			return 0, last, err
		}
	}
	if err := c.take(c.ctx); err != nil {
		return 0, last, err
	}
	defer c.release()
	if early > 0 {
		if !c.sleep(early) {
			return 0, last, c.fate()
		}
		if next, err = c.credentials(c.ctx, m); err != nil {
			return 0, last, err
		}
	}
	if c.late() == nil {
		if err := c.probe(c.ctx); err != nil {
			return 0, last, err
		}
	}
	if err := c.drain(); err != nil {
		return 0, last, err
	}
	if err := c.awaitQuota(c.ctx, protocol.SaslHandshake); err != nil {
		return 0, last, err
	}
	begun = time.Now()
	lifetime, err = c.authenticate(c.ctx, next)
	return lifetime, begun, err
}

// nextCredentials tries for as long as the session serves.
func (c *Conn) nextCredentials(m sasl.Mechanism, s session) (login, error) {
	ctx, cancel := context.WithDeadline(c.ctx, s.last)
	defer cancel()
	for {
		next, err := c.credentials(ctx, m)
		if err == nil {
			return next, nil
		}
		if !c.sleep(s.retry) || ctx.Err() != nil {
			return login{}, err
		}
	}
}

// drain waits until everything in flight is answered. The caller has the turn to write.
func (c *Conn) drain() error {
	c.mu.Lock()
	var last *call
	var due time.Time
	for _, cl := range c.pending {
		if last = cl; cl.due.After(due) {
			due = cl.due
		}
	}
	c.mu.Unlock()
	if last == nil {
		return nil
	}
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-last.ready:
		return last.err
	case <-timer.C:
		return &TimeoutError{Addr: c.addr, Key: last.key, Wait: time.Since(last.sent)}
	}
}

// sleep returns false if the connection died meanwhile.
func (c *Conn) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}
