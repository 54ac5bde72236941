package produce

import (
	"context"
	"errors"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Two times bound a Send. deliveryTimeout is for brokers that could write: how long
// they take to answer, and the pauses after answers that nothing but another attempt
// can help. outageTimeout is for everything else: while a leader can't be reached or
// says nothing, a topic is looked up or created, or a quota makes the client wait. It
// begins again whenever something was written, since that outage is over.
//
// What time was spent on shows when it is over. So it counts as an outage at first,
// and is moved to the other account by an answer. Once outageTimeout is used up all
// time counts as delivery: after both the Send ends.

// clock measures the time of one Send. A nil clock never ends it.
type clock struct {
	end func() // the Send

	mu       sync.Mutex
	timer    *time.Timer
	stopped  bool
	now      time.Time     // up to which time is accounted for
	charged  time.Time     // up to which it counts as delivery, once that is known
	delivery time.Duration // left
	outage   time.Duration // left
	granted  time.Duration // outageTimeout
}

// newClock starts a clock that calls end when both times are used up.
func newClock(delivery, outage time.Duration, end func()) *clock {
	if delivery == 0 {
		return nil
	}
	c := &clock{end: end, now: time.Now(), delivery: delivery, outage: outage, granted: outage}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer = time.AfterFunc(c.nextLocked(), c.ring)
	return c
}

// nextLocked is when something is used up if nothing happens before.
func (c *clock) nextLocked() time.Duration {
	if c.outage > 0 {
		return c.outage
	}
	return c.delivery
}

func (c *clock) ring() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accountLocked()
	c.setLocked()
}

// accountLocked notes the time that has passed.
func (c *clock) accountLocked() {
	now := time.Now()
	passed := now.Sub(c.now)
	c.now = now
	outage := min(passed, c.outage)
	c.outage -= outage
	if over := passed - outage; over > 0 {
		c.delivery -= over
		c.charged = now
	}
}

// setLocked ends the Send, or sets the timer for what is left.
func (c *clock) setLocked() {
	switch {
	case c.stopped:
	case c.delivery <= 0:
		c.stopped = true
		c.end()
	default:
		c.timer.Reset(c.nextLocked())
	}
}

// took counts the time since start as that of brokers which could write. Where several
// answer at the same time it counts once.
func (c *clock) took(start time.Time) { c.move(start, false) }

// wrote is took for an answer that something was written.
func (c *clock) wrote(start time.Time) { c.move(start, true) }

func (c *clock) move(start time.Time, wrote bool) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accountLocked()
	if start.Before(c.charged) {
		start = c.charged
	}
	taken := c.now.Sub(start)
	c.delivery -= taken
	c.outage += taken
	c.charged = c.now
	if wrote {
		c.outage = c.granted
	}
	c.setLocked()
}

// outlasted reports whether an outage has used up all its time.
func (c *clock) outlasted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.granted > 0 && c.outage <= 0
}

func (c *clock) stop() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	c.timer.Stop()
}

// timeIsUp is why the context of a Send ended, if no one else ended it. A connection
// on which an answer is awaited then ends with it.
type timeIsUp struct{}

var errTimeIsUp error = timeIsUp{}

func (timeIsUp) Error() string { return "deliveryTimeout is over" }

func (timeIsUp) Unwrap() []error {
	return []error{context.DeadlineExceeded, &wire.GiveUp{Why: "deliveryTimeout is over"}}
}

// outage reports whether an error shows that its partition could not be written to: it
// has no leader that can be reached, or that has the replicas it needs.
func outage(err error) bool {
	var code kafkago.Error
	if !errors.As(err, &code) {
		return err != nil // of a connection, or of looking the leader up
	}
	switch code {
	case kafkago.UnknownTopicOrPartition, kafkago.UnknownTopicID, kafkago.LeaderNotAvailable, kafkago.NotLeaderForPartition, kafkago.FencedLeaderEpoch,
		kafkago.UnknownLeaderEpoch, kafkago.ReplicaNotAvailable, kafkago.BrokerNotAvailable, kafkago.KafkaStorageError,
		kafkago.NotEnoughReplicas, kafkago.NotEnoughReplicasAfterAppend, kafkago.RequestTimedOut, kafkago.ThrottlingQuotaExceeded:
		return true
	}
	return false
}
