package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/stats"
)

// leastNoise is what two runs of the same code may differ in, whatever the twins say.
const leastNoise = 0.05

// change is what became of one of our contenders in a cell.
type change struct {
	cell      result.Cell
	contender string
	// speed is the new figure as a multiple of the old: records a second, or for latencies
	// how many fit into the time of one before. Above 1 is faster.
	speed float64
	// noise is by how much that may be below 1 by chance.
	noise float64
	// failed: there is an old figure, and no new one.
	failed bool
}

func (c change) slower() bool { return c.failed || c.speed < 1-c.noise }

func (c change) verdict() string {
	switch {
	case c.failed:
		return "FAILED"
	case c.slower():
		return "SLOWER"
	case c.speed > 1+c.noise:
		return "faster"
	}
	return "same"
}

// Compare prints what of the connector has become faster or slower from one run of the
// benchmark to another, and returns how many cells are slower than noise explains, or have
// failed since. What only one of the two has measured is named. The speed of the machine is
// taken out: other clients, which did not change, show it.
func Compare(w io.Writer, before, after *result.File) (slower int, err error) {
	a, b := summarize(before), summarize(after)
	machine := machineSpeed(a, b)
	changes := compare(a, b, machine)
	if len(changes) == 0 {
		return 0, fmt.Errorf("compare: the two runs have no cell of the connector in common")
	}
	fmt.Fprintf(w, "before: commit %s, %s\nafter:  commit %s, %s\n", before.Machine.Commit, before.Started.UTC().Format("2006-01-02 15:04 MST"),
		after.Machine.Commit, after.Started.UTC().Format("2006-01-02 15:04 MST"))
	fmt.Fprintf(w, "The machine is %s as fast: the median of the other clients. It is taken out below.\n\n", times(machine))
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "cell\tcontender\tspeed\tnoise\t")
	for _, c := range changes {
		fmt.Fprintf(columns, "%s: %s\t%s\t%s\t±%.0f %%\t%s\n", c.cell.Part, c.cell, c.contender, times(c.speed), 100*c.noise, c.verdict())
		if c.slower() {
			slower++
		}
	}
	if err := columns.Flush(); err != nil {
		return slower, fmt.Errorf("print comparison: %w", err)
	}
	printOnly(w, "before", a.without(b))
	printOnly(w, "after", b.without(a))
	return slower, nil
}

// printOnly names the figures that one of two runs has.
func printOnly(w io.Writer, run string, rows []*row) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(w, "\nOnly %s, so not compared:\n", run)
	for _, r := range rows {
		fmt.Fprintf(w, "  %s: %s  %s\n", r.cell.Part, r.cell, r.contender)
	}
}

// without returns the rows of our contenders that another run does not have.
func (s summary) without(other summary) (rows []*row) {
	for _, r := range s {
		if ours(r.contender) && other.same(r) == nil {
			rows = append(rows, r)
		}
	}
	return rows
}

// ours reports whether a contender is this repository's connector, alone or in Conduit.
func ours(contender string) bool {
	return strings.HasPrefix(contender, "connector") || strings.Contains(contender, "+ connector")
}

// compare has the changes of our contenders in the order of the new run.
func compare(before, after summary, machine float64) []change {
	twins := max(before.twinNoise(), after.twinNoise())
	var out []change
	for _, b := range after {
		a := before.same(b)
		if a == nil || !ours(b.contender) {
			continue
		}
		old, now := a.figure(), b.figure()
		if old.Median <= 0 {
			continue
		}
		c := change{cell: b.cell, contender: b.contender, failed: now.Median <= 0, noise: max(leastNoise, twins, scatter(old))}
		if !c.failed {
			c.speed, c.noise = speed(b, old, now)/machine, max(c.noise, scatter(now))
		}
		out = append(out, c)
	}
	return out
}

// figure is what a cell is about: the rate, or the time of a call.
func (r *row) figure() stats.Spread {
	if r.cell.Part.Latency() {
		return r.p50
	}
	return r.rate
}

func speed(r *row, before, after stats.Spread) float64 {
	if r.cell.Part.Latency() {
		return before.Median / after.Median
	}
	return after.Median / before.Median
}

// machineSpeed is the median of what became of other clients; 1 if there are none.
func machineSpeed(before, after summary) float64 {
	var all []float64
	for _, b := range after {
		a := before.same(b)
		if a == nil || ours(b.contender) || a.figure().Median <= 0 || b.figure().Median <= 0 {
			continue
		}
		all = append(all, speed(b, a.figure(), b.figure()))
	}
	if len(all) == 0 {
		return 1
	}
	return stats.Of(all).Median
}

// same finds the row of the same contender in the same cell.
func (s summary) same(r *row) *row {
	i := slices.IndexFunc(s, func(have *row) bool { return have.cell == r.cell && have.contender == r.contender })
	if i < 0 {
		return nil
	}
	return s[i]
}

// twinNoise is the most by which a contender differs from its twin.
func (s summary) twinNoise() float64 {
	most := 0.0
	for _, n := range s.noise() {
		most = max(most, math.Abs(1-n.rate), math.Abs(1-1/n.rate))
	}
	return most
}

// scatter is how far the runs of a contender lie from their median, half of the whole.
func scatter(s stats.Spread) float64 {
	return (s.Max - s.Min) / 2 / s.Median
}
