package hostile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/hostile"
)

const (
	// lifetime is how long a source and a destination run with a seed, and longLifetime
	// how long where there is time.
	lifetime, longLifetime = time.Second, 3 * time.Second
	// maxCall is more than any call may take: Teardown ends a rebalance (up to 10 s),
	// commits (5 s) and leaves (5 s), and machines are slow.
	maxCall = 45 * time.Second
	// maxRate bounds the requests a second of one side, twice what was seen.
	maxRate = 400
	// maxLines bounds the lines a second in its log.
	maxLines = 100
	// maxHeap bounds the memory of both sides and the embedded clusters in bytes: three
	// brokers may each have a batch of 256 MiB decoded, and there is garbage.
	maxHeap = 2 << 30
)

func TestConnectorBearsAKafkaThatLies(t *testing.T) {
	for _, seed := range seeds(t) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			bear(t, seed) // alone, as its heap is measured
		})
	}
	if d, _ := time.ParseDuration(os.Getenv("HOSTILE_FOR")); d > 0 {
		first := uint64(time.Now().UnixNano())
		for end := time.Now().Add(d); time.Now().Before(end) && !t.Failed(); first++ {
			t.Run(fmt.Sprint("seed ", first), func(t *testing.T) { bear(t, first) })
			if first%4 == 0 {
				t.Run(fmt.Sprint("TLS, seed ", first), func(t *testing.T) { bearTLS(t, first) })
			}
		}
	}
}

// seeds are those of a short run: one for each lie and each way of lying.
func seeds(t *testing.T) (all []uint64) {
	if s := os.Getenv("HOSTILE_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		is.New(t).NoErr(err)
		return []uint64{n}
	}
	if os.Getenv("HOSTILE_FOR") != "" {
		return nil
	}
	for n := range uint64(len(hostile.Names())) {
		all = append(all, n)
	}
	return all
}

// keys are the requests that the connector sends, of which one is lied about.
var keys = []kmsg.Key{
	kmsg.Produce, kmsg.Fetch, kmsg.ListOffsets, kmsg.Metadata, kmsg.OffsetCommit, kmsg.OffsetFetch, kmsg.FindCoordinator, kmsg.JoinGroup,
	kmsg.Heartbeat, kmsg.LeaveGroup, kmsg.SyncGroup, kmsg.SASLHandshake, kmsg.ApiVersions, kmsg.SASLAuthenticate, kmsg.InitProducerID, kmsg.OffsetForLeaderEpoch,
}

// about is the request that a lie makes sense for, if it is one.
var about = map[string]kmsg.Key{"bombs": kmsg.Fetch, "wrong place": kmsg.Fetch, "sasl": kmsg.SASLAuthenticate}

// planOf is what a seed does: the first ones tell each lie now and then, the others are
// drawn.
func planOf(seed uint64) (hostile.Plan, string) {
	rng := rand.New(rand.NewPCG(seed, 1))
	names := hostile.Names()
	name := names[seed%uint64(len(names))]
	p := hostile.Plan{Lies: []hostile.Lie{hostile.Lies[name]}, Every: 0.1, Key: -1, After: 20}
	if key, ok := about[name]; ok {
		p.Key, p.Every, p.After = key, 0.3, 0
	}
	if seed >= uint64(len(names)) {
		if rng.IntN(3) == 0 {
			name, p.Lies = "all", nil
			for _, n := range names {
				p.Lies = append(p.Lies, hostile.Lies[n])
			}
		}
		p.After = int64(rng.IntN(60)) * int64(rng.IntN(2))
		if p.Key < 0 && rng.IntN(3) > 0 {
			p.Key = keys[rng.IntN(len(keys))]
		}
		p.Every = []float64{0.02, 0.1, 0.3, 1}[rng.IntN(4)]
	}
	return p, fmt.Sprintf("%s, %.0f %% of answers to %d, after %d", name, 100*p.Every, p.Key, p.After)
}

// bear runs a source and a destination through what a seed says.
func bear(t *testing.T, seed uint64) {
	is := is.New(t)
	plan, text := planOf(seed)
	t.Log(text)
	opts := []kfake.Opt{kfake.NumBrokers(3), kfake.SeedTopics(6, "t", "other")}
	s := settings{"dialTimeout": "1s", "requestTimeout": "2s"}
	switch seed % 3 {
	case 0:
		opts = append(opts, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "u", "p"))
		s = s.with(settings{"saslMechanism": "SCRAM-SHA-256", "saslUsername": "u", "saslPassword": "p"})
	case 1:
		opts = append(opts, kfake.EnableSASL(), kfake.Superuser("PLAIN", "u", "p"))
		s = s.with(settings{"saslMechanism": "PLAIN", "saslUsername": "u", "saslPassword": "p"})
	}
	fake := embedded.Start(t, opts...)
	s["servers"] = strings.Join(fake.ListenAddrs(), ",")
	to := s.with(settings{"topic": "t", "deliveryTimeout": "3s", "outageTimeout": "2s"})
	from := s.with(settings{"topics": "t", "groupID": "g", "readFromBeginning": "true", "sessionTimeout": "6s", "heartbeatInterval": "100ms"})
	dst, err := openDestination(t, guarded(t), to)
	is.NoErr(err)
	_, err = dst.Write(guarded(t), numbered(200))
	is.NoErr(err)
	is.NoErr(dst.Teardown(guarded(t)))

	debug.FreeOSMemory()
	heap := peakHeap()
	var w sync.WaitGroup
	begin := func(ctx context.Context) liar { return hostile.NewLiar(ctx, seed, plan) }
	w.Go(func() { newSide(t, "source", begin).source(from) })
	w.Go(func() { newSide(t, "destination", begin).destination(to) })
	w.Wait()
	grown := heap()
	t.Logf("the heap grew by %d MiB, %d goroutines", grown>>20, runtime.NumGoroutine())
	if grown > maxHeap {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}

// side is a source or a destination, its Kafka and its log.
type side struct {
	*testing.T
	name string
	liar liar
	ctx  context.Context
	end  time.Time

	mu  sync.Mutex
	log bytes.Buffer
}

// liar is what a side connects through.
type liar interface {
	Dial(ctx context.Context, network, addr string) (net.Conn, error)
	Requests() int64 // or connections
	Told() int64     // lies
	Wait()
}

func newSide(t *testing.T, name string, begin func(context.Context) liar) *side {
	s := &side{T: t, name: name, end: time.Now().Add(lifetime)}
	if os.Getenv("HOSTILE_FOR") != "" || os.Getenv("HOSTILE_SEED") != "" {
		s.end = time.Now().Add(longLifetime)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.liar = begin(ctx)
	t.Cleanup(func() { cancel(); s.liar.Wait() })
	s.ctx = wire.WithDialer(zerolog.New(s).Level(zerolog.TraceLevel).WithContext(context.Background()), s.liar.Dial)
	return s
}

// Write takes a line of the log.
func (s *side) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(b)
}

// call makes a call that must end in its time, and judges its error.
func (s *side) call(name string, f func() error) error {
	s.Helper()
	done := make(chan error, 1)
	begun := time.Now()
	go func() { done <- f() }()
	select {
	case err := <-done:
		if err != nil {
			s.judge(name, err)
		}
		if took := time.Since(begun); took > 10*time.Second {
			s.Logf("%s: %s took %s", s.name, name, took.Round(time.Millisecond))
		}
		return err
	case <-time.After(maxCall):
		b := make([]byte, 1<<20)
		s.Fatalf("%s: %s still runs after %s\n%s", s.name, name, maxCall, b[:runtime.Stack(b, true)])
		return nil
	}
}

// judge looks at an error: it is printable, and says what it is about.
func (s *side) judge(name string, err error) {
	text := err.Error()
	if errors.Is(err, context.DeadlineExceeded) && name == "ReadN" {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) > 5000 || strings.ContainsFunc(line, func(r rune) bool { return !printable.Is(string(r)) }) {
			s.Errorf("%s: %s: not fit to print: %.1000q", s.name, name, text)
		}
	}
	// A producer ID is any broker's to give.
	for _, known := range []string{"127.0.0.1:", `group "g"`, "t/", `topic "t"`, "topic t", "broker ", "a producer ID"} {
		if strings.Contains(text, known) {
			return
		}
	}
	s.Errorf("%s: %s: names nothing: %.1000q", s.name, name, text)
}

// finish looks at what was logged and asked.
func (s *side) finish(begun time.Time) {
	took := max(1, time.Since(begun).Seconds())
	s.Logf("%s: %d requests in %.1f s, %d lies", s.name, s.liar.Requests(), took, s.liar.Told())
	if rate := float64(s.liar.Requests()) / took; rate > maxRate {
		s.Errorf("%s: %.0f requests a second", s.name, rate)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
	if n := float64(len(lines)) / took; n > maxLines {
		s.Errorf("%s: %.0f lines in the log a second, such as %.300s", s.name, n, lines[len(lines)/2])
	}
	for _, line := range lines {
		var fields map[string]any
		if line == "" || json.Unmarshal([]byte(line), &fields) != nil {
			continue
		}
		for _, v := range fields {
			if text, ok := v.(string); ok && !printable.Is(text) && strings.ContainsFunc(text, func(r rune) bool { return !printable.Is(string(r)) && r != '\n' }) {
				s.Errorf("%s: not fit to print: %.1000q", s.name, text)
			}
		}
	}
}

func (s *side) source(cfg settings) {
	begun := time.Now()
	defer s.finish(begun)
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Second)
	defer cancel()
	src := newSource(s.T, ctx, cfg)
	err := s.call("Open", func() error { return src.Open(ctx, nil) })
	var unacked []opencdc.Position
	for err == nil && time.Now().Before(s.end) {
		err = s.call("ReadN", func() error {
			short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			defer cancel()
			records, err := src.ReadN(short, 100)
			for _, r := range records {
				unacked = append(unacked, r.Position)
			}
			return err
		})
		if errors.Is(err, context.DeadlineExceeded) {
			err = nil
		}
		for p := range slices.Values(unacked) {
			err = errors.Join(err, s.call("Ack", func() error { return src.Ack(ctx, p) }))
		}
		unacked = nil
	}
	_ = s.call("Teardown", func() error { return src.Teardown(ctx) })
}

func (s *side) destination(cfg settings) {
	begun := time.Now()
	defer s.finish(begun)
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Second)
	defer cancel()
	dst := newDestination(s.T, ctx, cfg)
	err := s.call("Open", func() error { return dst.Open(ctx) })
	for err == nil && time.Now().Before(s.end) {
		err = s.call("Write", func() error { _, err := dst.Write(ctx, numbered(10)); return err })
		time.Sleep(50 * time.Millisecond)
	}
	_ = s.call("Teardown", func() error { return dst.Teardown(ctx) })
}
