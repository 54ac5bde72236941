package kafka

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
)

// heldConsumer holds each Next until release, or Close, lets it go.
type heldConsumer struct {
	reading chan struct{} // gets one for each Next
	release chan struct{}
	closed  chan struct{}
	closes  atomic.Int32
	running atomic.Int32
	overlap atomic.Bool
	acked   atomic.Int64
	late    atomic.Int64 // acks after Close
}

func newHeldConsumer() *heldConsumer {
	return &heldConsumer{reading: make(chan struct{}, 100_000), release: make(chan struct{}), closed: make(chan struct{})}
}

func (c *heldConsumer) Next(ctx context.Context, _ int) ([]message.Batch, error) {
	if c.running.Add(1) > 1 {
		c.overlap.Store(true)
	}
	defer c.running.Add(-1)
	c.reading <- struct{}{}
	select {
	case <-c.closed:
		return nil, consumer.ErrClosed
	case <-c.release:
		return batches("t", 0, 1, 2, 3), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *heldConsumer) Ack(consumer.Record) {
	select {
	case <-c.closed:
		c.late.Add(1)
	default:
		c.acked.Add(1)
	}
}

func (c *heldConsumer) MemberID() string { return "" }

func (c *heldConsumer) Committed(string, int32) (int64, bool) { return 0, false }

func (c *heldConsumer) Close(context.Context) error {
	if c.closes.Add(1) == 1 {
		close(c.closed)
	}
	return nil
}

var firstPosition = Position{GroupID: "g", Topic: "t", Offset: 1}.Encode()

func TestSourceReadsNothingUnlessItIsOpen(t *testing.T) {
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx := within10s(t)
			c := newHeldConsumer()
			close(c.release)
			s, _ := sourceWith(c, nil, "g")
			is.True(errors.Is(read(ctx, s), errSourceNotOpen))
			is.True(errors.Is(s.Ack(ctx, firstPosition), errSourceNotOpen))
			is.NoErr(s.Teardown(ctx)) // as after a check of the settings alone

			is.NoErr(s.Open(ctx, nil))
			is.True(errors.Is(s.Open(ctx, nil), errSourceAlreadyOpen))
			is.NoErr(read(ctx, s))
			is.NoErr(s.Ack(ctx, firstPosition))

			is.NoErr(s.Teardown(ctx))
			is.NoErr(s.Teardown(ctx))
			is.Equal(c.closes.Load(), int32(1))
			is.True(errors.Is(read(ctx, s), errSourceTornDown)) // also what was taken and not returned
			is.True(errors.Is(s.Open(ctx, nil), errSourceTornDown))
			// The SDK ends a source at an error from Ack. This one only comes too late.
			is.NoErr(s.Ack(ctx, firstPosition))
			is.True(s.Ack(ctx, opencdc.Position("{")) != nil)
			is.Equal(c.acked.Load(), int64(1))
			is.Equal(c.late.Load(), int64(1))
		})
	}
}

func TestSourceCanBeOpenedAgainAfterAnOpenThatFailed(t *testing.T) {
	is := is.New(t)
	ctx := within10s(t)
	c := newHeldConsumer()
	s, _ := sourceWith(nil, errors.New("no such host"), "g")
	is.True(s.Open(ctx, nil) != nil)
	is.NoErr(s.Teardown(ctx))
	s.newConsumer = func(context.Context, SourceConfig, string, Position, *metrics.Connector) (Consumer, error) {
		return c, nil
	}
	is.NoErr(s.Open(ctx, nil))
	is.NoErr(s.Teardown(ctx))
	is.Equal(c.closes.Load(), int32(1))
}

func TestSourceTeardownEndsWhatRuns(t *testing.T) {
	is := is.New(t)
	ctx := within10s(t)
	c := newHeldConsumer()
	s, _ := sourceWith(c, nil, "g")
	is.NoErr(s.Open(ctx, nil))
	errs := make(chan error, 4)
	for range cap(errs) / len(reads) {
		for _, read := range reads {
			go func() { errs <- read(ctx, s) }()
		}
	}
	<-c.reading // one is with the consumer, the others wait
	is.NoErr(s.Teardown(ctx))
	is.Equal(c.running.Load(), int32(0)) // Teardown has waited for it
	ended := map[bool]int{}
	for range cap(errs) {
		err := <-errs
		is.True(errors.Is(err, consumer.ErrClosed) || errors.Is(err, errSourceTornDown))
		is.True(strings.HasPrefix(err.Error(), "read: "))
		ended[errors.Is(err, errSourceTornDown)]++
	}
	is.Equal(ended, map[bool]int{false: 1, true: 3})
}

func TestSourceTeardownEndsAnOpenThatRuns(t *testing.T) {
	for name, finds := range map[string]bool{"and finds it failed": false, "and closes what it has": true} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx := within10s(t)
			c := newHeldConsumer()
			joining := make(chan struct{})
			s, _ := sourceWith(nil, nil, "g")
			s.newConsumer = func(ctx context.Context, _ SourceConfig, _ string, _ Position, _ *metrics.Connector) (Consumer, error) {
				close(joining)
				<-ctx.Done()
				if finds {
					return c, nil
				}
				return nil, ctx.Err()
			}
			opened := make(chan error)
			go func() { opened <- s.Open(ctx, nil) }()
			<-joining
			is.True(errors.Is(s.Open(ctx, nil), errSourceAlreadyOpen))
			is.NoErr(s.Teardown(ctx))
			err := <-opened
			is.True(errors.Is(err, context.Canceled) || errors.Is(err, errSourceTornDown))
			is.Equal(c.closes.Load() == 1, finds)
			is.True(errors.Is(s.Open(ctx, nil), errSourceTornDown))
		})
	}
}

// All that the SDK calls, from goroutines of their own.
func TestSourceMethodsMayOverlap(t *testing.T) {
	is := is.New(t)
	ctx := within10s(t)
	c := newHeldConsumer()
	close(c.release)
	s, _ := sourceWith(c, nil, "g")
	var all sync.WaitGroup
	loop := func(call func() error, over error) {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := call(); errors.Is(err, over) {
					return
				}
			}
		})
	}
	for _, read := range reads {
		loop(func() error { return read(ctx, s) }, errSourceTornDown)
		loop(func() error { return read(ctx, s) }, errSourceTornDown)
	}
	loop(func() error { return s.Open(ctx, nil) }, errSourceTornDown)
	all.Go(func() {
		for c.late.Load() == 0 && ctx.Err() == nil {
			_ = s.Ack(ctx, firstPosition)
		}
	})
	for range 1000 {
		<-c.reading
	}
	for range 2 {
		all.Go(func() { _ = s.Teardown(ctx) })
	}
	all.Wait()
	is.NoErr(ctx.Err())
	is.True(!c.overlap.Load())
	is.Equal(c.closes.Load(), int32(1))
}
