package connector_test

import (
	"context"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/conduitio/conduit-connector-protocol/pconnector"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// runStream is a stream of records to a destination, as in Conduit's own process.
type runStream struct {
	ctx     context.Context
	records chan pconnector.DestinationRunRequest
	acks    chan pconnector.DestinationRunResponse
}

func (s *runStream) Client() pconnector.DestinationRunStreamClient { return nil }
func (s *runStream) Server() pconnector.DestinationRunStreamServer { return s }

func (s *runStream) Send(r pconnector.DestinationRunResponse) error {
	select {
	case <-s.ctx.Done():
		return s.ctx.Err()
	case s.acks <- r:
		return nil
	}
}

func (s *runStream) Recv() (pconnector.DestinationRunRequest, error) {
	select {
	case <-s.ctx.Done():
		return pconnector.DestinationRunRequest{}, s.ctx.Err()
	case r := <-s.records:
		return r, nil
	}
}

// watched reports what Write returns below the SDK's batching.
type watched struct {
	sdk.Destination
	wrote chan error
}

func (w watched) Write(ctx context.Context, records []opencdc.Record) (int, error) {
	n, err := w.Destination.Write(ctx, records)
	w.wrote <- err
	return n, err
}

// Conduit's second architecture tears a destination down without stopping it first:
// the timer of the SDK's batches is then still to fire, in a goroutine that recovers
// from nothing.
func TestDestinationTornDownWhileABatchWaitsForItsDelay(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(1, "t"))
	d := watched{kafka.NewDestination(), make(chan error, 1)}
	p := sdk.NewDestinationPlugin(d, pconnector.PluginConfig{}, kafka.Connector.NewSpecification().DestinationParams)
	ctx, forceStop := context.WithCancel(guarded(t))
	_, err := p.Configure(ctx, pconnector.DestinationConfigureRequest{Config: map[string]string{
		"servers": list(fake.ListenAddrs()), "topic": "t", "sdk.batch.size": "100", "sdk.batch.delay": "1s",
	}})
	is.NoErr(err)
	_, err = p.Open(ctx, pconnector.DestinationOpenRequest{})
	is.NoErr(err)

	s := &runStream{ctx, make(chan pconnector.DestinationRunRequest), make(chan pconnector.DestinationRunResponse)}
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx, s) }()
	record := opencdc.Record{Position: opencdc.Position("1"), Payload: opencdc.Change{After: opencdc.RawData("v")}}
	for range 2 { // as the second is received the first is in the batch
		s.records <- pconnector.DestinationRunRequest{Records: []opencdc.Record{record}}
	}
	forceStop()
	is.True(<-ended != nil)
	_, err = p.Teardown(context.Background(), pconnector.DestinationTeardownRequest{})
	is.NoErr(err)

	select {
	case err := <-d.wrote: // the timer's Write, or it panicked
		is.True(err != nil)
	case <-time.After(10 * time.Second):
		t.Fatal("the batch was never flushed")
	}
}
