package hostile_test

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/hostile"
)

// No lie lets the connector send a request, and each call ends in its time with an error
// that names the broker.
func TestConnectorRefusesEachLieInTLS(t *testing.T) {
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	heap := peakHeap()
	t.Run("lies", func(t *testing.T) {
		for _, name := range hostile.TLSNames() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				refuseTLS(t, name, fake.ListenAddrs()[0])
			})
		}
	})
	if grown := heap(); grown > 256<<20 { // of which the liars have most
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}

func refuseTLS(t *testing.T, lie, server string) {
	is := is.New(t)
	ctx, cancel := context.WithTimeout(zerolog.Nop().WithContext(context.Background()), guard)
	l, err := hostile.NewTLSLiar(ctx, 1, hostile.TLSPlan{Lies: []string{lie}, Every: 1})
	is.NoErr(err)
	t.Cleanup(func() { cancel(); l.Wait() })
	ctx = wire.WithDialer(ctx, l.Dial)
	s := settings{"servers": server, "tls.enabled": "true", "caCert": l.CA(), "dialTimeout": "300ms"}
	for name, open := range map[string]func(context.Context) error{
		"source": func(ctx context.Context) error {
			_, err := openSource(t, ctx, s.with(settings{"topics": "t"}), nil)
			return err
		},
		"destination": func(ctx context.Context) error {
			_, err := openDestination(t, ctx, s.with(settings{"topic": "t"}))
			return err
		},
	} {
		short, stop := context.WithTimeout(ctx, 500*time.Millisecond)
		side := newSide(t, name, func(context.Context) liar { return l })
		err := side.call("Open", func() error { return open(short) })
		stop()
		expect.Error(t, err, server)
		t.Logf("%.300v", err)
	}
	is.Equal(l.Heard(), int64(0))
	if n := l.Requests(); n > 100 {
		t.Errorf("%d connections", n)
	}
}

func TestConnectorBearsTLSThatLies(t *testing.T) {
	if os.Getenv("HOSTILE_FOR") != "" {
		t.Skip("TestConnectorBearsAKafkaThatLies draws seeds of it")
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { bearTLS(t, seed) })
	}
}

// bearTLS runs a source and a destination whose connections end all the time, and whose
// new ones get lies.
func bearTLS(t *testing.T, seed uint64) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(3), kfake.SeedTopics(6, "t", "other"))
	plan := hostile.TLSPlan{Every: []float64{0.1, 0.3, 0.6, 1}[seed%4], After: 6, Life: 300 * time.Millisecond}
	s := settings{"servers": strings.Join(fake.ListenAddrs(), ","), "tls.enabled": "true", "dialTimeout": "1s", "requestTimeout": "2s"}
	debug.FreeOSMemory()
	heap := peakHeap()
	var w sync.WaitGroup
	for _, name := range []string{"source", "destination"} {
		var tls *hostile.TLSLiar
		side := newSide(t, name, func(ctx context.Context) liar {
			var err error
			tls, err = hostile.NewTLSLiar(ctx, seed, plan)
			is.NoErr(err)
			return tls
		})
		trusting := s.with(settings{"caCert": tls.CA()})
		w.Go(func() {
			if name == "source" {
				side.source(trusting.with(settings{"topics": "t", "groupID": "g", "readFromBeginning": "true", "sessionTimeout": "6s", "heartbeatInterval": "100ms"}))
			} else {
				side.destination(trusting.with(settings{"topic": "t", "deliveryTimeout": "3s", "outageTimeout": "2s"}))
			}
		})
	}
	w.Wait()
	grown := heap()
	t.Logf("the heap grew by %d MiB", grown>>20)
	if grown > maxHeap {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}
