package consumer

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// The coordinator takes a commit and does not answer. The rebalance that comes then does
// not wait for it.
func TestConsumerRejoinsThoughACommitIsNotAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.produce(3)
	refuse := embedded.Refuse(w.fake, kmsg.Heartbeat, func(kmsg.Request) string { return "" })
	joined, lost := new(atomic.Int64), new(atomic.Int64)
	c := w.open(func(c *Config) {
		c.Group.SessionTimeout = time.Second
		c.Group.Hooks.Joined = func() { joined.Add(1) }
		c.Group.Hooks.Lost = func(int) { lost.Add(1) }
	})
	w.committed(map[int32]int64{0: 0, 1: 0, 2: 0})
	commits := embedded.Count(w.fake, int16(kmsg.OffsetCommit))
	embedded.Ignore(w.fake, int16(kmsg.OffsetCommit), 1)
	ack(c, w.next(c, 3)...)
	for commits.Load() == 0 && w.ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	refuse.Next("", kerr.RebalanceInProgress.Code, 1)
	for joined.Load() < 2 && w.ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	w.Equal(lost.Load(), int64(0))
	w.committed(map[int32]int64{0: 1, 1: 1, 2: 1})
	w.NoErr(c.Close(w.ctx))
}

// Where the session timeout is short, records that are not acknowledged in time leave
// time for the commit of the others.
func TestConsumerCommitsAtARevocationThatWaitsForAcksInVain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.produce(6)
	eager := func(c *Config) {
		c.Group.SessionTimeout, c.CommitInterval = 1500*time.Millisecond, time.Hour
		c.Group.Balancers = []string{"range"}
	}
	c := w.open(eager)
	w.next(c, 6)
	w.committed(map[int32]int64{0: 0, 1: 0, 2: 0})
	ack(c, 0, 1, 2) // 3, 4 and 5 are still being processed
	other := w.open(eager)
	w.committed(map[int32]int64{0: 1, 1: 1, 2: 1})
	w.NoErr(c.Close(w.ctx))
	w.NoErr(other.Close(w.ctx))
}

// The coordinator freezes, and no timeout ends a wait for it: that of Close's own does.
func TestConsumerClosesThoughTheCoordinatorDoesNotAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.openMany(&dialer{}, func(c *Config) { c.Group.Topics, c.CommitInterval = []string{topic}, time.Hour })
	w.committed(map[int32]int64{0: 0, 1: 0, 2: 0})
	w.produce(3)
	ack(c, w.next(c, 3)...)
	for _, key := range []kmsg.Key{kmsg.Heartbeat, kmsg.OffsetCommit, kmsg.FindCoordinator, kmsg.JoinGroup, kmsg.LeaveGroup} {
		embedded.Ignore(w.fake, int16(key), 100)
	}
	err := c.Close(w.ctx)
	w.NoErr(w.ctx.Err())
	w.True(err != nil) // the commit
}

func TestConsumerCallsEndWithClose(t *testing.T) {
	w := newWorld(t)
	w.produce(3)
	c := w.open(func(c *Config) { c.MaxUncommitted = 3 })
	got := w.next(c, 3)
	ended := make(chan error, 1)
	go func() { // waits for acks
		_, err := c.Next(w.ctx, 1)
		ended <- err
	}()
	errs := make(chan error, 2)
	for range cap(errs) {
		go func() { errs <- c.Close(w.ctx) }()
	}
	w.True(errors.Is(<-ended, ErrClosed))
	for range cap(errs) {
		w.NoErr(<-errs)
	}
	ack(c, got...) // too late
	_, err := c.Next(w.ctx, 1)
	w.True(errors.Is(err, ErrClosed))
	w.NoErr(c.Close(w.ctx))

	c = w.open(func(c *Config) { c.FromBeginning = false })
	go func() { // waits for records
		_, err := c.Next(w.ctx, 1)
		ended <- err
	}()
	w.NoErr(c.Close(w.ctx))
	w.True(errors.Is(<-ended, ErrClosed))
}

// Also where as many are unacknowledged as may be, and however often it is asked.
func TestConsumerSaysWhyItsMembershipEnded(t *testing.T) {
	w := newWorld(t)
	w.produce(3)
	fence := embedded.Refuse(w.fake, kmsg.Heartbeat, func(kmsg.Request) string { return "" })
	for name, limit := range map[string]int{"it waits for acknowledgements": 3, "it waits for records": 100} {
		c := w.open(func(c *Config) { c.MaxUncommitted = limit })
		w.next(c, 3)
		ended := make(chan error, 1)
		go func() {
			_, err := c.Next(w.ctx, 1)
			ended <- err
		}()
		fence.Next("", kerr.FencedInstanceID.Code, 1)
		for _, err := range []error{<-ended, func() error { _, err := c.Next(w.ctx, 1); return err }()} {
			t.Log(name, err)
			w.True(errors.Is(err, kafkago.FencedInstanceID))
		}
		w.NoErr(c.Close(w.ctx))
	}
}
