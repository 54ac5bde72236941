package wire

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// throttle keeps the connection quiet for as long as an answer asks for, however long that
// is (brokers bound it by the length of all quota windows, 11 s by default): the broker
// does not read from it meanwhile (KIP-219), and a request that waits there would run
// into its timeout.
func (c *Conn) throttle(res protocol.Message) {
	d := throttleTime(res)
	if d <= 0 {
		return
	}
	c.mu.Lock()
	c.quietUntil = time.Now().Add(d)
	c.mu.Unlock()
}

func throttleTime(res protocol.Message) time.Duration {
	switch res.ApiKey() {
	case protocol.Heartbeat, protocol.LeaveGroup:
		return 0 // kafka-go's types for these have their fields in the wrong order
	}
	f := reflect.ValueOf(res).Elem().FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, "ThrottleTimeMs") })
	if !f.IsValid() {
		return 0
	}
	return time.Duration(f.Int()) * time.Millisecond
}

// awaitQuota waits until the broker takes requests again.
func (c *Conn) awaitQuota(ctx context.Context, key protocol.ApiKey) error {
	for {
		c.mu.Lock()
		wait := time.Until(c.quietUntil)
		c.mu.Unlock()
		if wait <= 0 {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-c.ctx.Done():
			timer.Stop()
			return c.fate()
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("send %s to %s: the broker throttles this client for %s more (a quota): %w",
				key, c.addr, wait.Round(time.Millisecond), ctx.Err())
		}
	}
}
