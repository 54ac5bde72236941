package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/lab"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// contender is something that is measured.
type contender interface {
	name() string
	// prepare does what shall not be measured, once before the first round.
	prepare(ctx context.Context, l *lab.Lab, c result.Cell) error
	run(ctx context.Context, l *lab.Lab, c result.Cell, round int) (result.Run, error)
	// takes is how long a run takes at most, about.
	takes(c result.Cell) time.Duration
}

// group is a cell with those that take turns in it.
type group struct {
	cell       result.Cell
	contenders []contender
	rounds     int
}

// plan is what a run of the benchmark measures, in this order.
type plan []group

// fewest is what scaling leaves of any number of records.
const fewest = 20

// newPlan is all that the options ask for. Cells with the same number of brokers
// stand together: they share a cluster.
func newPlan(o options) plan {
	var p plan
	for _, g := range allGroups(o) {
		g.contenders = slices.DeleteFunc(slices.Clone(g.contenders), func(c contender) bool { return !o.contenders.MatchString(c.name()) })
		if g.cell.Records > 0 {
			g.cell.Records = max(min(g.cell.Records, fewest), int64(float64(g.cell.Records)*o.scale))
		}
		if o.rounds > 0 {
			g.rounds = o.rounds
		}
		if len(g.contenders) > 0 && slices.Contains(o.parts, g.cell.Part) && o.match.MatchString(g.cell.String()) {
			p = append(p, g)
		}
	}
	slices.SortStableFunc(p, func(a, b group) int { return cmp.Compare(a.cell.Brokers, b.cell.Brokers) })
	return p
}

// warmUp returns what runs before a group and is discarded, if anything does. Each kind of
// cell has it once in each cluster: the first client of a kind meets brokers that have not
// compiled what they need for it. The group's second contender runs, since the first is the
// next. For the latency of reading it does so twice and at the highest rate: at 1,000 records
// a second, three brokers on two cores became faster for half a minute. Pipelines run for a
// while before they count, and growth is not compared.
func (p plan) warmUp(i int) (group, bool) {
	g := p[i]
	switch g.cell.Part {
	case result.Pipeline, result.Memory, result.Growth, result.WriteGrowth:
		return group{}, false
	case result.ReadLatency:
		g.cell.Rate, g.rounds = slices.Max(readRates), 2
	default:
		g.rounds = 1
	}
	warm := slices.ContainsFunc(p[:i], func(before group) bool {
		return before.cell.Part == g.cell.Part && before.cell.Brokers == g.cell.Brokers
	})
	if warm || len(g.contenders) < 2 {
		return group{}, false
	}
	g.contenders = g.contenders[1:2]
	return g, true
}

// What takes time besides the runs, about.
const (
	buildTime   = 30 * time.Second // Go's build cache is filled
	fillRate    = 200_000_000      // bytes a second
	recordFill  = 800_000          // records a second
	clusterTime = 8 * time.Second  // and for each node
)

// takes is how long the plan takes, about, and rather too much.
func (p plan) takes() time.Duration {
	total := buildTime
	filled := make(map[result.Cell]int64)
	brokers := make(map[int]bool)
	for i, g := range p {
		if !brokers[g.cell.Brokers] {
			brokers[g.cell.Brokers] = true
			total += time.Duration(g.cell.Brokers) * clusterTime
		}
		if readsTopic(g.cell.Part) {
			f := g.cell
			f.Part, f.Records = "", 0
			missing := max(0, g.cell.Records-filled[f])
			filled[f] += missing
			seconds := max(float64(missing)/recordFill, float64(missing)*float64(g.cell.Size)/fillRate)
			total += time.Duration(seconds * float64(time.Second))
		}
		for _, c := range g.contenders {
			total += time.Duration(g.rounds) * c.takes(g.cell)
		}
		if w, ok := p.warmUp(i); ok {
			total += time.Duration(w.rounds) * w.contenders[0].takes(w.cell)
		}
	}
	return total
}

// readsTopic reports whether a part reads a topic that has to be filled first.
func readsTopic(p result.Part) bool {
	switch p {
	case result.Source, result.LateAcks, result.Pipeline, result.Memory, result.Growth:
		return true
	}
	return false
}

// show prints the plan.
func (p plan) show(w io.Writer) {
	for _, g := range p {
		fmt.Fprintf(w, "%s: %s\n", g.cell.Part, g.cell)
		for _, c := range g.contenders {
			fmt.Fprintf(w, "  %d × %s\n", g.rounds, c.name())
		}
	}
	fmt.Fprintf(w, "about %s\n", p.takes().Round(time.Minute))
}
