package simulation

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

const (
	groupID    = "g"
	brokers    = 3
	controller = 2 // of the embedded cluster: the last one
	firstPort  = 9000
)

func address(node int32) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+int(node)))
}

// World is one run: a cluster, its network, those who write and read, and the book.
type World struct {
	plan  Plan
	book  *book
	net   *Network
	fake  *kfake.Cluster
	admin *Host
	log   io.Writer // of what happens; it may be io.Discard
	begun time.Time

	exact        *exactly      // nil but in plans of it
	coordinators *coordinators // as is this
	copiers      []*copier
	readers      []*reader
	writers      []*writer
	sinks        gate // of all readers
	tasks        sync.WaitGroup
	topics       chan struct{} // full while a topic is being changed
	polling      chan struct{} // full while the group's offsets are looked at, or changed by hand
	operator     chan struct{} // full while he is at work
	health       health

	preparing time.Time // since when the group prepares a rebalance; of the watcher

	mu        sync.Mutex
	rules     []*rule
	changes   []*change
	counts    map[string]*rate
	seen      map[string]time.Time // when each member was last heard
	asked     map[string]time.Time // when each last asked to join
	mayEnd    time.Time            // sources may end until then
	txns      []*txn
	troubles  [brokers]int   // how many each broker is in
	byHand    map[seat]logID // where an operator has set the group's offset
	breaks    map[brokenFor]int
	charges   map[string]*charge
	reasons   map[string]time.Time // to end, of sources: when each had one last
	standings map[string]standing  // by groupInstanceID
	names     map[[16]byte]string  // of topics, by their IDs
	sessions  fetchSessions
	called    bool // the operator is
	over      bool // he has nothing more to do
	requests  int
}

// newWorld starts a cluster for a plan.
func newWorld(plan Plan, log io.Writer) (*World, error) {
	w := &World{
		plan: plan, book: newBook(), log: log, begun: time.Now(),
		topics: make(chan struct{}, 1), polling: make(chan struct{}, 1),
		counts: make(map[string]*rate), seen: make(map[string]time.Time), asked: make(map[string]time.Time), byHand: make(map[seat]logID),
		breaks: make(map[brokenFor]int), charges: make(map[string]*charge), reasons: make(map[string]time.Time), standings: make(map[string]standing), names: make(map[[16]byte]string), sessions: fetchSessions{begun: make(map[sessionName]time.Time)}, operator: make(chan struct{}, 1),
	}
	w.net = NewNetwork(plan.Seed, plan.Latency)
	w.net.Counted, w.net.Changed, w.net.Belated = w.count, w.change, w.book.belated
	w.admin = w.net.Host("administrator")
	w.admin.exempt = true
	var ports []int
	for i := range brokers {
		ports = append(ports, firstPort+i)
	}
	var err error
	w.fake, err = kfake.NewCluster(kfake.Ports(ports...), kfake.ListenFn(w.net.Listen), kfake.SeedTopics(plan.Parts, plan.Topics...),
		kfake.DefaultNumPartitions(int(plan.Parts)), kfake.GroupMinSessionTimeout(100*time.Millisecond), sessions(), plan.versions())
	if err != nil {
		return nil, err
	}
	embedded.NoPattern(w.fake)
	w.fake.ControlKey(-1, w.control)
	for i, topic := range plan.Topics {
		for p := range plan.Parts {
			w.lead(topic, p, (p+int32(i))%brokers) // the cluster chooses by chance
		}
	}
	w.coordinate(int32(plan.Seed % brokers))
	return w, nil
}

// now is the time since the world's beginning.
func (w *World) now() time.Duration { return time.Since(w.begun) }

// say writes a line about what happens.
func (w *World) say(format string, args ...any) {
	if w.log != io.Discard {
		w.mu.Lock()
		defer w.mu.Unlock()
		fmt.Fprintf(w.log, "%9s  %s\n", seconds(w.now()), fmt.Sprintf(format, args...))
	}
}

// able returns the broker, or another one where that is in trouble: nobody elects it
// then. -1: all are.
func (w *World) able(node int32) int32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range int32(brokers) {
		if n := (node + i) % brokers; w.troubles[n] == 0 {
			return n
		}
	}
	return -1
}

// lead makes a broker the leader of a partition.
func (w *World) lead(topic string, partition, node int32) {
	if node = w.able(node); node < 0 {
		return
	}
	if w.fake.LeaderFor(topic, partition) == node {
		w.health.leads(w.now(), topic, partition, node)
		return
	}
	if err := w.fake.MoveTopicPartition(topic, partition, node); err != nil {
		return // it is gone
	}
	w.health.leads(w.now(), topic, partition, node)
}

// coordinate makes a broker the group's coordinator.
func (w *World) coordinate(node int32) {
	if node = w.able(node); node < 0 {
		return
	}
	for range 1000 {
		if w.fake.CoordinatorFor(groupID) == node {
			break
		}
		w.fake.RehashCoordinators()
	}
	w.health.coordinates(w.now(), node)
}

// process is one life of a connector: what a restart begins is another one.
type process struct {
	w    *World
	host *Host
	log  zerolog.Logger
}

func (w *World) process(name string) *process {
	p := &process{w: w, host: w.net.Host(name)}
	p.log = zerolog.New(lines{w, name}).Level(zerolog.InfoLevel)
	if w.log == io.Discard {
		p.log = zerolog.Nop()
	}
	return p
}

// context is the one that Conduit opens the connector with.
func (p *process) context() context.Context {
	return wire.WithDialer(p.log.WithContext(context.Background()), p.host.Dial)
}

// lines writes what a process logs.
type lines struct {
	w    *World
	name string
}

func (l lines) Write(b []byte) (int, error) {
	l.w.say("  %s %s", l.name, bytes.TrimSpace(b))
	return len(b), nil
}

// timely calls something that must return within a time, and notes where it does not.
func (w *World) timely(what string, limit time.Duration, f func()) {
	begun := w.now()
	f()
	if took := w.now() - begun; took > limit {
		w.book.wrong("%s at %s took %s, more than %s", what, seconds(begun), seconds(took), limit)
	}
}

// gate is what readers pass before they acknowledge.
type gate struct {
	mu     sync.Mutex
	until  time.Time     // nothing passes before
	slower time.Duration // for each batch
}

func (g *gate) wait(ctx context.Context) {
	for {
		g.mu.Lock()
		until, slower := g.until, g.slower
		g.mu.Unlock()
		if passed(until) || until.IsZero() {
			pause(ctx, slower)
			return
		}
		if pause(ctx, min(time.Until(until), time.Second)) != nil {
			return
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
