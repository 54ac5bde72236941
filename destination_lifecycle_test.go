package kafka

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// heldProducer holds each Send until release, or Close, lets it go.
type heldProducer struct {
	sending chan int // gets the number of messages of each Send
	release chan struct{}
	closed  chan struct{}
	once    sync.Once
	running atomic.Int32
	overlap atomic.Bool
}

func newHeldProducer() *heldProducer {
	return &heldProducer{sending: make(chan int, 1000), release: make(chan struct{}), closed: make(chan struct{})}
}

var errProducerClosed = errors.New("the producer was closed")

func (p *heldProducer) Send(ctx context.Context, messages []message.Message) (int, error) {
	if p.running.Add(1) > 1 {
		p.overlap.Store(true)
	}
	defer p.running.Add(-1)
	p.sending <- len(messages)
	select {
	case <-p.release:
		return len(messages), nil
	case <-p.closed:
		return 0, errProducerClosed
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (p *heldProducer) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// closedDestination has the settings that open it with a producer.
func closedDestination(t *testing.T, p Producer) *Destination {
	t.Helper()
	c, err := ParseDestination(changed(goodDestination, map[string]string{"topic": "t"}))
	is.New(t).NoErr(err)
	return &Destination{config: c, newProducer: func(context.Context, DestinationConfig, *metrics.Connector) (Producer, error) { return p, nil }}
}

func within10s(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestDestinationWritesNothingUnlessItIsOpen(t *testing.T) {
	is := is.New(t)
	ctx := within10s(t)
	p := newHeldProducer()
	close(p.release)
	d := closedDestination(t, p)
	n, err := d.Write(ctx, of("early"))
	is.Equal(n, 0)
	is.True(errors.Is(err, errNotOpen))
	is.NoErr(d.Teardown(ctx)) // as after a check of the settings alone

	is.NoErr(d.Open(ctx))
	is.True(errors.Is(d.Open(ctx), errAlreadyOpen))
	n, err = d.Write(ctx, of("a"))
	is.NoErr(err)
	is.Equal(n, 1)

	is.NoErr(d.Teardown(ctx))
	is.NoErr(d.Teardown(ctx))
	n, err = d.Write(ctx, of("late"))
	is.Equal(n, 0)
	is.True(errors.Is(err, errTornDown))
	is.True(errors.Is(d.Open(ctx), errTornDown)) // or a late Write would get into it
	is.Equal(len(p.sending), 1)
}

func TestDestinationTeardownEndsWhatRuns(t *testing.T) {
	is := is.New(t)
	ctx := within10s(t)
	p := newHeldProducer()
	d := closedDestination(t, p)
	is.NoErr(d.Open(ctx))
	errs := make(chan error, 3)
	for range cap(errs) {
		go func() {
			_, err := d.Write(ctx, of("a"))
			errs <- err
		}()
	}
	<-p.sending // one is with the producer, the others wait
	is.NoErr(d.Teardown(ctx))
	is.Equal(p.running.Load(), int32(0)) // Teardown has waited for it
	ended := map[bool]int{}
	for range cap(errs) {
		err := <-errs
		is.True(errors.Is(err, errProducerClosed) || errors.Is(err, errTornDown))
		ended[errors.Is(err, errTornDown)]++
	}
	is.Equal(ended, map[bool]int{false: 1, true: 2})
	is.Equal(len(p.sending), 0)
}

func TestDestinationTeardownEndsAnOpenThatRuns(t *testing.T) {
	for name, connects := range map[string]bool{"which then fails": false, "which connects all the same": true} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx := within10s(t)
			p := newHeldProducer()
			d := closedDestination(t, p)
			connecting := make(chan struct{})
			d.newProducer = func(ctx context.Context, _ DestinationConfig, _ *metrics.Connector) (Producer, error) {
				close(connecting)
				<-ctx.Done()
				if connects {
					return p, nil
				}
				return nil, ctx.Err()
			}
			opened := make(chan error, 1)
			go func() { opened <- d.Open(ctx) }()
			<-connecting
			is.True(errors.Is(d.Open(ctx), errAlreadyOpen))
			is.NoErr(d.Teardown(ctx))
			err := <-opened
			is.True(err != nil)
			if connects {
				is.True(errors.Is(err, errTornDown))
				<-p.closed
			}
			_, err = d.Write(ctx, of("a"))
			is.True(err != nil)
			is.Equal(len(p.sending), 0)
		})
	}
}

func TestDestinationWritesThatOverlapAreCarriedOutInTurn(t *testing.T) {
	is := is.New(t)
	ctx := within10s(t)
	p := newHeldProducer()
	d := closedDestination(t, p)
	is.NoErr(d.Open(ctx))
	var wg sync.WaitGroup
	var written atomic.Int32
	for range 50 {
		wg.Go(func() {
			n, err := d.Write(ctx, of("a", "b"))
			if err == nil {
				written.Add(int32(n))
			}
		})
	}
	<-p.sending
	impatient, cancel := context.WithCancel(ctx)
	cancel()
	_, err := d.Write(impatient, of("c"))
	is.True(errors.Is(err, context.Canceled))
	expect.Error(t, err, "wait for another write to end")
	close(p.release)
	wg.Wait()
	is.Equal(written.Load(), int32(100))
	is.True(!p.overlap.Load())
}

// Whatever is called when, from wherever, nothing panics and nothing hangs.
func TestDestinationTakesItsCallsInAnyOrder(t *testing.T) {
	ctx := within10s(t)
	for range 200 {
		p := newHeldProducer()
		close(p.release)
		d := closedDestination(t, p)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { _ = d.Open(ctx) })
			wg.Go(func() { _, _ = d.Write(ctx, of("a", "b")) })
			wg.Go(func() { _ = d.Teardown(ctx) })
		}
		wg.Wait()
		if p.overlap.Load() {
			t.Fatal("two Sends at once")
		}
	}
	if ctx.Err() != nil {
		t.Fatal(ctx.Err())
	}
}
