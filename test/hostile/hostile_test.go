package hostile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

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
var about = map[string]kmsg.Key{"bombs": kmsg.Fetch, "wrong place": kmsg.Fetch, "sasl": kmsg.SASLAuthenticate, "leader hints": kmsg.Produce}

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

	if strings.HasPrefix(text, "bombs") || strings.HasPrefix(text, "all") {
		hostile.MakeBombs()
	}
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
