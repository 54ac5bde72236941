package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// round is one run, which its hosts share.
type round struct {
	o       options
	arch    string
	cluster *broker.Cluster
	client  *kclient.Client
	topics  topics
	watcher *watcher
	begun   time.Time

	mu      sync.Mutex
	endings map[string]int
	marks   []map[int32]int64 // where the copy ended when Conduit was started again
	back    []restart
	stops   []time.Duration // how long Conduit took to stop
}

// measure copies records while Conduit is ended again and again.
func measure(ctx context.Context, o options, cluster *broker.Cluster, arch string) (*result, error) {
	client, err := kclient.New(cluster.Servers())
	if err != nil {
		return nil, err
	}
	defer client.Close()
	r := &round{o: o, arch: arch, cluster: cluster, client: client, begun: time.Now(), endings: make(map[string]int)}
	if err := r.createTopics(ctx); err != nil {
		return nil, err
	}
	if r.watcher, err = startWatcher(ctx, cluster.Servers(), r.topics); err != nil {
		return nil, err
	}
	defer r.watcher.close()
	hosts := make([]*host, o.processes)
	for i := range hosts {
		if hosts[i], err = newHost(r, i); err != nil {
			return nil, err
		}
		defer hosts[i].bury()
	}
	return r.conduct(ctx, hosts)
}

func (r *round) createTopics(ctx context.Context) error {
	name := fmt.Sprintf("kills-%s-%d", r.arch, r.begun.UnixNano())
	r.topics = topics{from: name, to: name + "-copy", dead: name + "-dead"}
	partitions := int32(r.o.partitions)
	return errors.Join(
		r.client.CreateTopic(ctx, r.topics.from, partitions, nil),
		r.client.CreateTopic(ctx, r.topics.to, partitions, map[string]string{"max.message.bytes": fmt.Sprint(maxBytes)}),
		r.client.CreateTopic(ctx, r.topics.dead, 1, nil),
	)
}

// conduct lets the writer, the hosts and the leaders' end go on beside each other, then
// waits for the rest of the records and reads all back.
func (r *round) conduct(ctx context.Context, hosts []*host) (*result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := startWriter(ctx, r.client, r.topics.from, r.o)
	leaders, stopLeaders := 0, context.CancelFunc(func() {})
	var failed []error
	var mu sync.Mutex
	fail := func(err error) {
		if err == nil {
			return
		}
		mu.Lock()
		failed = append(failed, err)
		mu.Unlock()
		cancel()
	}
	go r.report(ctx, w)
	var killers, others sync.WaitGroup
	for _, h := range hosts {
		killers.Go(func() { fail(h.run(ctx)) })
	}
	if r.o.leaders > 0 {
		killing, stop := context.WithCancel(ctx)
		stopLeaders = stop
		others.Go(func() {
			n, err := killLeaders(killing, r.cluster, r.client, r.o, r.topics.to)
			leaders = n
			fail(err)
		})
	}
	killers.Wait()
	stopLeaders()
	others.Wait()
	written, err := w.stop()
	if err = errors.Join(append(failed, err)...); err != nil {
		return nil, err
	}
	if err := r.watcher.await(ctx, written); err != nil {
		return nil, err
	}
	for _, h := range hosts {
		if err := h.process.Stop(patience); err != nil {
			return nil, fmt.Errorf("stop Conduit in the end: %w; see %s", err, h.log())
		}
	}
	a, err := readBack(ctx, r.client, r.o, r.topics, written, r.marks)
	return &result{options: r.o, arch: r.arch, took: time.Since(r.begun), endings: r.endings, leaders: leaders, back: r.back, stops: r.stops, account: a}, err
}

// report shows how far things are.
func (r *round) report(ctx context.Context, w *writer) {
	for ctx.Err() == nil {
		wait(ctx, 10*time.Second)
		_, different := r.watcher.seen()
		r.mu.Lock()
		fmt.Fprintf(os.Stderr, "architecture %s, %s: %d records written, %d copied, ended %v\n",
			r.arch, time.Since(r.begun).Round(time.Second), w.written.Load(), different, r.endings)
		r.mu.Unlock()
	}
}

// more reports whether Conduit has to be ended again.
func (r *round) more() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	sum := 0
	for _, n := range r.endings {
		sum += n
	}
	return sum < r.o.kills || time.Since(r.begun) < r.o.atLeast
}

func (r *round) ended(how string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.endings[how]++
}

// marked notes where the copy ends before Conduit is started again.
func (r *round) marked() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marks = append(r.marks, r.watcher.mark())
}

func (r *round) stopped(took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stops = append(r.stops, took)
}

func (r *round) came(b restart) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.back = append(r.back, b)
}

// bury ends what is left of a process.
func (h *host) bury() {
	if h.process != nil && !h.process.Ended() {
		_ = h.process.Signal(syscall.SIGCONT)
		h.process.Kill()
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
