package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
)

// pool holds the clusters that this process's tests share, by Options.key.
type pool struct {
	ctx    context.Context // ends when the process is interrupted
	cancel context.CancelFunc

	mu       sync.Mutex
	clusters map[string]*started
	registry *startedRegistry // nil until a test needs it
}

// started is the outcome of starting a cluster; a failure is not tried again.
type started struct {
	cluster *Cluster
	err     error
}

// shared is made by Main.
var shared *pool

// Main is the TestMain of a package that uses [ForTest]: it runs the tests, a
// *testing.M or what stands around one, stops the clusters, also when it is
// interrupted, and exits.
func Main(m interface{ Run() int }) {
	shared = &pool{clusters: make(map[string]*started)}
	shared.ctx, shared.cancel = context.WithCancel(context.Background())

	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-interrupts; ok {
			_ = shared.stop()
			os.Exit(1)
		}
	}()

	code := m.Run()
	signal.Stop(interrupts)
	close(interrupts)
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// ForTest returns a cluster as o wants it. Tests with equal options share one
// cluster, started by the first of them and stopped by [Main], so each uses
// topics and groups of its own. After a test with faults or proxies the
// cluster is restored; such tests must not run in parallel with each other.
//
// Where no Kafka can be started the test is skipped, or fails if KAFKA_REQUIRED=1.
func ForTest(t testing.TB, o Options) *Cluster {
	t.Helper()
	if shared == nil {
		t.Fatal("get Kafka: TestMain does not call broker.Main")
	}
	c, err := shared.get(o)
	switch {
	case errors.Is(err, ErrUnavailable) && os.Getenv("KAFKA_REQUIRED") != "1":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	if o.Faults || o.Proxied {
		t.Cleanup(func() { shared.restore(t, c) })
	}
	return c
}

func (p *pool) get(o Options) (*Cluster, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if c, err := attachCluster(o); c != nil || err != nil {
		return c, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.clusters[o.key()]
	if s == nil {
		s = new(started)
		s.cluster, s.err = Start(p.ctx, o)
		p.clusters[o.key()] = s
	}
	return s.cluster, s.err
}

// restore repairs c, or else makes the next test start another.
func (p *pool) restore(t testing.TB, c *Cluster) {
	err := c.Restore(p.ctx)
	if err == nil {
		return
	}
	t.Errorf("restore Kafka after the test: %v", errors.Join(err, c.Stop()))
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.clusters, c.Options().key())
}

func (p *pool) stop() error {
	p.cancel()
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, s := range p.clusters {
		if s.cluster != nil {
			errs = append(errs, s.cluster.Stop())
		}
	}
	clear(p.clusters)
	if p.registry != nil && p.registry.of != nil {
		errs = append(errs, p.registry.of.Close())
	}
	p.registry = nil
	return errors.Join(errs...)
}
