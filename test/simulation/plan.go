package simulation

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// Plan is what a seed decides.
type Plan struct {
	Seed    uint64
	Latency time.Duration // of one way, at the most
	Topics  []string
	Parts   int32 // of each topic at first
	ByName  bool  // brokers know topics by their names alone
	Readers []ReaderPlan
	Writers []WriterPlan
	Events  []Event
	Alone   bool       // no further events
	Exact   *ExactPlan // instead of all readers and writers
}

// ReaderPlan is how a source is set up, and what happens to its records.
type ReaderPlan struct {
	Settings   map[string]string
	Arch       int           // Conduit's first or second architecture
	Work       time.Duration // for each batch
	AckEvery   time.Duration // 0: at once
	AckBulk    bool
	StoreFirst bool // the position is kept before the source hears of it
	Present    bool // from the beginning
	Namesake   bool // another member has its name
}

// WriterPlan is how a destination is set up, and what it is given.
type WriterPlan struct {
	Settings map[string]string
	Arch     int
	Rate     int // records a second
	Batch    int
	Size     int // of a record in bytes
	Skip     bool
	Twins    bool // all records are alike
	Loose    bool // it may write twice
	Unheard  bool // nobody tells it what was written
}

// Event is something that happens. What its numbers mean depends on its name; they
// are drawn beforehand, so that an event does the same whether others are left out
// or not.
type Event struct {
	Index int
	At    time.Duration
	For   time.Duration
	Name  string
	A, B  uint64
	C     uint64
}

func (e Event) String() string {
	return fmt.Sprintf("%3d  at %8s for %7s  %-12s %d %d %d", e.Index, seconds(e.At), seconds(e.For), e.Name, e.A%1000, e.B%1000, e.C%1000)
}

// dice draws what a plan consists of.
type dice struct{ *rand.Rand }

func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

func (d dice) between(a, b time.Duration) time.Duration {
	return a + time.Duration(d.Int64N(int64(b-a)))
}

// NewPlan makes the plan of a seed.
func NewPlan(seed uint64) Plan {
	d := dice{rand.New(rand.NewPCG(seed, 7))}
	if seed%exactEvery == 3 {
		return d.exactPlan(seed)
	}
	p := Plan{
		Seed:    seed,
		Latency: pick(d, time.Millisecond, 2*time.Millisecond, 5*time.Millisecond, 20*time.Millisecond),
		Topics:  []string{"a", "b"}[:pick(d, 1, 1, 2)],
		Parts:   pick[int32](d, 1, 2, 3, 6, 12),
	}
	servers := fmt.Sprintf("%s,%s,%s", address(0), address(1), address(2))
	dialTimeout := pick(d, "1s", "5s")
	requestTimeout := pick(d, "2s", "5s", "10s")
	network := map[string]string{
		"servers": servers, "dialTimeout": dialTimeout, "requestTimeout": requestTimeout, "metrics": strconv.FormatBool(d.chance(10)),
	}
	balancer := pick(d, "", "", "cooperative-sticky", "range", "roundrobin")
	for i := range 3 {
		p.Readers = append(p.Readers, d.reader(network, p.Topics, balancer, i == 0 || d.chance(20)))
	}
	for range pick(d, 1, 1, 2) {
		p.Writers = append(p.Writers, d.writer(network))
	}
	d.schedule(&p)
	dice{rand.New(rand.NewPCG(seed, 8))}.vary(&p)
	dice{rand.New(rand.NewPCG(seed, 9))}.late(&p)
	dice{rand.New(rand.NewPCG(seed, 10))}.latest(&p)
	dice{rand.New(rand.NewPCG(seed, 11))}.protocol(&p)
	dice{rand.New(rand.NewPCG(seed, 12))}.byName(&p)
	p.number()
	return p
}

// number puts the events into their order.
func (p *Plan) number() {
	slices.SortStableFunc(p.Events, func(a, b Event) int { return int(a.At - b.At) })
	for i := range p.Events {
		p.Events[i].Index = i
	}
}

func (d dice) reader(network map[string]string, topics []string, balancer string, present bool) ReaderPlan {
	s := copied(network)
	s["groupID"], s["autoOffsetReset"], s["readFromBeginning"] = groupID, "earliest", "true"
	s["topics"] = topics[0]
	if len(topics) > 1 {
		s["topics"] = topics[0] + "," + topics[1]
	}
	s["sessionTimeout"], s["heartbeatInterval"], s["rebalanceTimeout"] = "6s", "1s", "8s"
	s["commitOffsetsDelay"] = pick(d, "200ms", "1s", "5s")
	s["commitOffsetsSize"] = pick(d, "1", "100", "1000")
	s["maxUncommitted"] = pick(d, "1", "50", "1000", "100000", "100000")
	s["fetchMaxBytes"] = pick(d, "16777216", "16777216", "4096")
	s["fetchMaxPartitionBytes"] = pick(d, "1048576", "2048")
	if balancer != "" {
		s["groupBalancer"] = balancer
	}
	if d.chance(20) {
		s["sdk.batch.size"], s["sdk.batch.delay"] = pick(d, "5", "50"), pick(d, "10ms", "1s")
		s["maxUncommitted"] = "1000"
	}
	p := ReaderPlan{
		Settings: s, Arch: pick(d, 1, 2), Present: present,
		Work:     pick(d, 0, time.Millisecond, 20*time.Millisecond),
		AckEvery: pick(d, 0, 0, time.Second), AckBulk: d.chance(50), StoreFirst: d.chance(50),
	}
	if len(s["maxUncommitted"]) < 4 {
		p.Work, p.AckEvery = 0, 0 // or it would be slower than what is written
	}
	return p
}

func (d dice) writer(network map[string]string) WriterPlan {
	s := copied(network)
	s["value.format"], s["timestamp"] = "payload", "createdAt"
	s["topicAutoCreate"] = strconv.FormatBool(d.chance(70))
	s["deliveryTimeout"] = pick(d, "3s", "10s", "10s", "30s", "2m", "0s")
	s["compression"] = pick(d, "none", "none", "snappy", "lz4", "gzip") // zstd's encoder keeps a channel from one bubble to the next
	s["partitioner"] = pick(d, "metadata", "metadata", "murmur2")
	s["retry.backoff"] = pick(d, "100ms", "10ms")
	p := WriterPlan{
		Settings: s, Arch: pick(d, 1, 2), Rate: pick(d, 10, 40, 100), Batch: pick(d, 1, 5, 20),
		Size: pick(d, 20, 200, 4000), Skip: d.chance(30),
	}
	if d.chance(15) {
		s["acks"] = "one"
		p.Loose = true
	}
	if d.chance(20) {
		s["sdk.batch.size"], s["sdk.batch.delay"] = pick(d, "10", "1000"), pick(d, "50ms", "2s")
	}
	if d.chance(15) {
		p.Twins, p.Skip = true, true
		s["partitioner"] = "murmur2"
		s["deliveryTimeout"] = "3s"
	}
	if s["deliveryTimeout"] == "3s" {
		s["outageTimeout"] = "0s" // so that some give up
	}
	return p
}

// schedule draws the events.
func (d dice) schedule(p *Plan) {
	at := time.Duration(0)
	mean := pick(d, 600*time.Millisecond, 2*time.Second, 5*time.Second)
	end := d.between(10*time.Second, 30*time.Second)
	weights, total := fewer(d), 0
	for _, f := range faults {
		total += weights[f.name]
	}
	for {
		at += time.Duration(d.ExpFloat64() * float64(mean))
		if at > end {
			break
		}
		x := d.IntN(total)
		for _, f := range faults {
			if x -= weights[f.name]; x < 0 {
				p.add(d, f.name, at)
				break
			}
		}
	}
	if d.chance(50) {
		pick(d, aims...)(d, p, d.between(5*time.Second, 12*time.Second))
	}
}

// fewer takes some kinds of events out of a run, so that those which are left come
// more often.
func fewer(d dice) map[string]int {
	weights := make(map[string]int)
	for _, f := range faults {
		if f.weight > 0 && d.chance(60) {
			weights[f.name] = f.weight
		}
	}
	if len(weights) == 0 {
		weights[faults[0].name] = 1
	}
	return weights
}

func (p *Plan) add(d dice, name string, at time.Duration) *Event {
	length := time.Duration(d.ExpFloat64() * float64(4*time.Second))
	p.Events = append(p.Events, Event{At: at, For: min(length, 25*time.Second), Name: name, A: d.Uint64(), B: d.Uint64(), C: d.Uint64()})
	return &p.Events[len(p.Events)-1]
}

// Only keeps the events with these indices.
func (p Plan) Only(indices []int) Plan {
	p.Events = slices.DeleteFunc(slices.Clone(p.Events), func(e Event) bool { return !slices.Contains(indices, e.Index) })
	return p
}

func copied(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

// describe writes a plan for people.
func (p Plan) describe(out io.Writer) {
	fmt.Fprintf(out, "seed %d: latency up to %s, topics %s of %d partitions, by name: %t\n", p.Seed, p.Latency, p.Topics, p.Parts, p.ByName)
	for _, r := range p.Readers {
		fmt.Fprintf(out, "source: %+v\n", r)
	}
	for _, w := range p.Writers {
		fmt.Fprintf(out, "destination: %+v\n", w)
	}
	for _, e := range p.Events {
		fmt.Fprintln(out, e)
	}
}
