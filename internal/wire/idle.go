package wire

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
)

const (
	// idleAfter is how long nothing has come from a broker, nor been awaited, before
	// the next request is preceded by a question.
	idleAfter = 2 * time.Second
	// maxSilence bounds the time for its answer. With the time to connect again it is
	// far below deliveryTimeout's default.
	maxSilence = 3 * time.Second
)

// keepAlive notices within 20 s that packets don't reach the broker any more, while the
// connection waits for an answer that the broker may hold back (fetch, JoinGroup), and
// keeps firewalls from forgetting a connection that is idle.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 3 * time.Second, Count: 5}

// probe asks for the API versions, on a connection on which nothing has come for a
// while, ahead of the request that the caller is about to write. A broker answers that
// at once, whatever it does with the request itself. A firewall or proxy that has
// forgotten the connection answers nothing, and the connection ends before the request's
// own timeout. The caller has the turn to write, and is within the session.
//
// Brokers take the question at any time: Kafka's Java client asks it after each
// authentication, too.
func (c *Conn) probe(ctx context.Context) error {
	idle := c.idle()
	if idle < idleAfter {
		return nil
	}
	wait := min(maxSilence, c.timeout)
	cl := c.newCall(protocol.ApiVersions, 0, wait)
	// A timer, as nobody awaits this answer: the request may be on its way meanwhile.
	cl.expiry = time.AfterFunc(wait, func() {
		why := &GiveUp{fmt.Sprintf("the connection had been idle for %s", idle.Round(time.Millisecond))}
		c.kill(&TimeoutError{Addr: c.addr, Key: cl.key, Wait: wait, Why: why})
	})
	err := c.put(ctx, cl, new(apiversions.Request), 0, true)
	if err != nil {
		cl.expiry.Stop()
	}
	return err
}

// idle is for how long nothing has come from the broker though nothing is awaited; 0 if
// its silence says nothing. After a request without an answer the broker may be busy with
// that, and while a quota lasts it does not read.
func (c *Conn) idle() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) > 0 || c.posted-c.answered > 0 || time.Now().Before(c.quietUntil) {
		return 0
	}
	return time.Since(c.heard)
}
