package faults_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/rs/zerolog"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
	"github.com/conduitio/conduit-connector-kafka/test/ledger"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// guard bounds what must not hang.
const guard = 3 * time.Minute

const partitions = 6

// threeNodes is the cluster of all scenarios: topics have three replicas, two of
// which must be in sync. A follower of a paused node gives it up after 5 s instead of
// 30, for which there may be too few replicas in sync.
var threeNodes = broker.Options{Nodes: 3, Proxied: true, Faults: true, Properties: map[string]string{
	"replica.socket.timeout.ms": "5000",
}}

// settings are a connector's, as in a pipeline file.
type settings map[string]string

func (s settings) with(more settings) settings {
	out := maps.Clone(s)
	maps.Copy(out, more)
	return out
}

// scenario is a topic that a destination writes and a source reads while the
// cluster is at fault.
type scenario struct {
	t       *testing.T
	is      *is.I
	cluster *broker.Cluster
	client  *kclient.Client // which goes around the proxies
	ledger  *ledger.Ledger
	topic   string
	group   string

	settings struct{ destination, source settings } // for start

	log   context.Context // carries the logger
	stops []func()        // of the loops, the writer's first

	writesMayFail bool // the scenario gives them too little time
	commitsUnseen bool // somebody commits who doesn't say in time what was acknowledged
}

// destination and source are the ends that records go through.
type (
	destination interface {
		ledger.Destination
		Teardown(ctx context.Context) error
	}
	source interface {
		ledger.Source
		Teardown(ctx context.Context) error
	}
)

// begin prepares a scenario on a whole cluster.
func begin(t *testing.T, name string) *scenario {
	t.Helper()
	s := prepare(t)
	s.topic, s.group = s.cluster.NewTopic(t, partitions, nil), broker.Name(t)
	s.settings.destination, s.settings.source = s.endsOf(s.topic, s.group)
	s.ledger = ledger.New(name, s.topic)
	return s
}

// prepare is begin without topic and ledger.
func prepare(t *testing.T) *scenario {
	t.Helper()
	soak(t)
	s := &scenario{t: t, is: is.New(t), cluster: broker.ForTest(t, threeNodes), log: logging(t)}
	client, err := kclient.New(s.cluster.Direct())
	s.is.NoErr(err)
	t.Cleanup(client.Close)
	s.client = client
	return s
}

// endsOf returns the settings of a destination that writes a topic and of a source
// that reads it.
func (s *scenario) endsOf(topic, group string) (to, from settings) {
	servers := strings.Join(s.cluster.Servers(), ",")
	to = settings(ledger.Format()).with(settings{"servers": servers, "topic": topic, "deliveryTimeout": "2m"})
	from = settings{"servers": servers, "topics": topic, "groupID": group, "readFromBeginning": "true", "commitOffsetsDelay": "1s"}
	return to, from
}

// start opens a destination and a source as Conduit does and lets records through
// until finish.
func (s *scenario) start() {
	s.t.Helper()
	dst, err := sides.OpenDestination(s.log, s.settings.destination)
	s.is.NoErr(err)
	s.write(dst)
	src, err := sides.OpenSource(s.log, s.settings.source, nil)
	s.is.NoErr(err)
	s.read(src)
}

// write lets a destination write until finish.
func (s *scenario) write(dst destination) {
	s.loop(func(ctx context.Context) {
		s.ledger.WriteTo(ctx, dst)
		if err := dst.Teardown(s.log); err != nil {
			s.t.Errorf("tear down the destination: %v", err)
		}
	})
}

// read lets a source read until finish, and watches what it commits.
func (s *scenario) read(src source) {
	s.loop(func(ctx context.Context) {
		if err := s.ledger.ReadFrom(ctx, src); err != nil {
			s.t.Errorf("read: %v", err)
		}
		if err := src.Teardown(s.log); err != nil {
			s.t.Errorf("tear down the source: %v", err)
		}
	})
	s.loop(func(ctx context.Context) { s.ledger.Watch(ctx, s.client, s.group) })
}

// loop runs f until finish stops it, or the test ends.
func (s *scenario) loop(f func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(s.log)
	var wg sync.WaitGroup
	wg.Go(func() { f(ctx) })
	stop := func() {
		cancel()
		wg.Wait()
	}
	s.t.Cleanup(stop)
	s.stops = append(s.stops, stop)
}

// finish mends the cluster, lets the source read to the end, stops everything and
// checks what the ledger counted.
func (s *scenario) finish() ledger.Result {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.log, guard)
	defer cancel()
	s.is.NoErr(s.cluster.Restore(ctx))
	s.stops[0]()
	return s.conclude(s.ledger.Drain(ctx, s.client))
}

// conclude stops everything and checks what the ledger counted. It reports problem
// together with that.
func (s *scenario) conclude(problem error) ledger.Result {
	s.t.Helper()
	for _, stop := range s.stops {
		stop()
	}
	result := ask(s, func(ctx context.Context) (ledger.Result, error) { return s.ledger.Finish(ctx, s.client) })
	if s.commitsUnseen {
		result.Early = 0
	}
	results.add(result)
	s.t.Logf("\n%s\n%s", ledger.Header(), result)
	s.is.NoErr(errors.Join(problem, result.Check()))
	if !s.writesMayFail {
		s.is.NoErr(errors.Join(result.Failures...))
	}
	s.is.True(result.Looks > 0)                // the commits were watched
	s.is.Equal(result.ReadBehind, 0)           // reading goes on at the commit, however often it starts
	s.is.Equal(s.committed(), s.ends(s.topic)) // nothing is left for whoever reads next
	s.is.Equal(connectorGoroutines(), nil)     // all ended with Teardown
	return result
}

// ask repeats a question to the cluster until it is answered: on a busy machine it
// may have no leader somewhere for a moment, also where nobody spoils it.
func ask[T any](s *scenario, question func(ctx context.Context) (T, error)) T {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.log, guard)
	defer cancel()
	for {
		answer, err := question(ctx)
		if err == nil {
			return answer
		}
		select {
		case <-ctx.Done():
			s.t.Fatal(err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (s *scenario) ends(topic string) map[int32]int64 {
	s.t.Helper()
	return ask(s, func(ctx context.Context) (map[int32]int64, error) { return s.client.EndOffsets(ctx, topic) })
}

func (s *scenario) committed() map[int32]int64 {
	s.t.Helper()
	return ask(s, func(ctx context.Context) (map[int32]int64, error) { return s.client.Committed(ctx, s.group, s.topic) })
}

// flow waits until some records have gone all the way since it was called.
func (s *scenario) flow() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.log, guard)
	defer cancel()
	s.is.NoErr(s.ledger.Flow(ctx))
}

// leader returns the leader of one of the topic's partitions.
func (s *scenario) leader() int {
	s.t.Helper()
	partition := rand.Int32N(partitions)
	return int(ask(s, func(ctx context.Context) (int32, error) {
		leader, err := s.client.Leader(ctx, s.topic, partition)
		if err == nil && leader < 0 {
			err = errors.New("there is none")
		}
		return leader, err
	}))
}

// logging returns a context whose logger keeps the last warnings, which are shown
// if the test fails.
func logging(t *testing.T) context.Context {
	kept := &lastLines{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the connector's last warnings:\n%s", kept)
		}
	})
	return zerolog.New(kept).Level(zerolog.WarnLevel).With().Timestamp().Logger().WithContext(context.Background())
}

// lastLines keeps the end of a log.
type lastLines struct {
	mu    sync.Mutex
	lines []string
}

func (l *lastLines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	const keep = 100
	l.lines = append(l.lines[max(0, len(l.lines)-keep+1):], string(line))
	return len(line), nil
}

func (l *lastLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "")
}
