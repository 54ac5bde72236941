package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/heartbeat"
)

// idlePair is pair for a connection on which nothing has come for an hour.
func idlePair(t *testing.T, timeout time.Duration) (*Conn, net.Conn) {
	t.Helper()
	c, broker := pair(t, timeout)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = time.Now().Add(-time.Hour)
	return c, broker
}

// keyed reads one request, and returns its kind and correlation ID.
func keyed(t *testing.T, broker net.Conn) (protocol.ApiKey, uint32) {
	t.Helper()
	var size [4]byte
	_, err := io.ReadFull(broker, size[:])
	is.New(t).NoErr(err)
	b := make([]byte, binary.BigEndian.Uint32(size[:]))
	_, err = io.ReadFull(broker, b)
	is.New(t).NoErr(err)
	return protocol.ApiKey(binary.BigEndian.Uint16(b)), binary.BigEndian.Uint32(b[4:])
}

// beat sends a heartbeat which the broker may hold back.
func beat(c *Conn, wait time.Duration) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := c.RoundTripWait(context.Background(), &heartbeat.Request{}, wait)
		done <- err
	}()
	return done
}

func TestConnAsksFirstWhetherAnybodyIsThereAfterIdleTime(t *testing.T) {
	is := is.New(t)
	c, broker := idlePair(t, time.Minute)
	done := beat(c, 0)
	key, question := keyed(t, broker)
	is.Equal(key, protocol.ApiVersions)
	key, id := keyed(t, broker) // without waiting for the answer
	is.Equal(key, protocol.Heartbeat)
	answer(broker, question, 0)
	answer(broker, id, 0)
	is.NoErr(<-done)

	done = beat(c, 0) // the connection has just proved to live
	key, id = keyed(t, broker)
	is.Equal(key, protocol.Heartbeat)
	answer(broker, id, 0)
	is.NoErr(<-done)
}

func TestConnThatDiedWhileItWasIdleEndsBeforeTheRequestTimeout(t *testing.T) {
	is := is.New(t)
	c, broker := idlePair(t, time.Hour)
	go func() { _, _ = io.Copy(io.Discard, broker) }()
	select {
	case err := <-beat(c, time.Hour):
		var timeout *TimeoutError
		is.True(errors.As(err, &timeout))
		is.True(strings.Contains(err.Error(), "had been idle for 1h0m0s")) // which explains the early end
	case <-time.After(time.Minute):
		t.Fatal("the request waits for a connection that is dead")
	}
	<-c.Dead()
}

func TestConnThatDiedWhileItWasIdleEndsThoughTheRequestCannotBeWritten(t *testing.T) {
	is := is.New(t)
	c, _ := idlePair(t, time.Hour) // nobody reads at the other end of the pipe
	select {
	case err := <-beat(c, time.Hour):
		is.True(err != nil)
	case <-time.After(time.Minute):
		t.Fatal("the request waits until it can be written on a connection that is dead")
	}
	<-c.Dead()
}

func TestConnLetsABrokerHoldBackTheRequestAfterIdleTime(t *testing.T) {
	is := is.New(t)
	const timeout = time.Second
	c, broker := idlePair(t, timeout)
	done := beat(c, time.Minute)
	_, question := keyed(t, broker)
	answer(broker, question, 0)
	_, id := keyed(t, broker)
	time.Sleep(2 * timeout)
	answer(broker, id, 0)
	is.NoErr(<-done)
}

func TestConnAsksNothingWhereSilenceIsNoSignOfDeath(t *testing.T) {
	for name, change := range map[string]func(*Conn){
		"an answer is awaited":                 func(c *Conn) { c.pending = []*call{c.newCall(protocol.Heartbeat, 0, time.Hour)} },
		"a request without an answer was sent": func(c *Conn) { c.posted = c.answered + 1 },
		"a quota lasts":                        func(c *Conn) { c.quietUntil = time.Now().Add(time.Hour) },
		"an answer came just now":              func(c *Conn) { c.heard = time.Now() },
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c, _ := idlePair(t, time.Minute)
			is.True(c.idle() > idleAfter)
			c.mu.Lock()
			change(c)
			c.mu.Unlock()
			is.True(c.idle() < idleAfter)
			c.mu.Lock()
			c.pending = nil
			c.mu.Unlock()
		})
	}
}
