package faults_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/test/ledger"
	"github.com/conduitio/conduit-connector-kafka/test/proxy"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// With no broker that answers, whatever Conduit calls comes back, with an error
// where something is not done, and leaves nothing behind.
func TestEverythingEndsWhileAllConnectionsAreFrozen(t *testing.T) {
	s := begin(t, "ending with all connections frozen")
	s.settings.destination["deliveryTimeout"], s.settings.destination["outageTimeout"] = "2s", "0s"
	dst, err := sides.OpenDestination(s.log, s.settings.destination)
	s.is.NoErr(err)
	records := []opencdc.Record{ledger.Record(0), ledger.Record(1)}
	n, err := dst.Write(s.log, records)
	s.is.NoErr(err)
	s.is.Equal(n, len(records))
	src, err := sides.OpenSource(s.log, s.settings.source, nil)
	s.is.NoErr(err)
	read, err := src.ReadN(s.log, 1)
	s.is.NoErr(err)
	for node := 1; node <= 3; node++ {
		s.cluster.Proxy(node).Freeze(proxy.Both)
	}

	s.together(map[string]func(ctx context.Context){
		"open the source": func(ctx context.Context) {
			_, err := sides.OpenSource(ctx, s.settings.source, nil)
			s.is.True(err != nil)
		},
		"open the destination": func(ctx context.Context) {
			_, err := sides.OpenDestination(ctx, s.settings.destination)
			s.is.True(err != nil)
		},
		"write, and tear down the destination": func(ctx context.Context) {
			n, err := dst.Write(ctx, records)
			s.is.True(err != nil)
			s.is.Equal(n, 0)
			s.is.NoErr(dst.Teardown(ctx))
		},
		"read, acknowledge, and tear down the source": func(ctx context.Context) {
			s.is.NoErr(src.Ack(ctx, read[0].Position))
			reading, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			for reading.Err() == nil { // the second record may have been fetched already
				_, err = src.ReadN(reading, 1)
			}
			s.is.Equal(err, context.DeadlineExceeded)
			s.is.True(src.Teardown(ctx) != nil) // the acknowledgement is not committed
		},
	})
	s.is.Equal(connectorGoroutines(), nil)
}

// together does things at the same time, each of which must end.
func (s *scenario) together(things map[string]func(ctx context.Context)) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.log) // without a deadline that would help them
	defer cancel()
	var wg sync.WaitGroup
	for what, do := range things {
		wg.Go(func() {
			done := make(chan struct{})
			go func() {
				defer close(done)
				do(ctx)
			}()
			select {
			case <-done:
			case <-time.After(guard):
				s.t.Errorf("not ended after %s: %s", guard, what)
			}
		})
	}
	wg.Wait()
}
