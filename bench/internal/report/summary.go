// Package report makes tables, targets and plots of what was measured. It only
// looks at a result.File, so that it can be done again at any time.
package report

import (
	"fmt"
	"iter"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/stats"
)

// row is what all runs of a contender in a cell come to.
type row struct {
	cell      result.Cell
	contender string
	rate      stats.Spread // records a second
	cpu       stats.Spread // microseconds a record
	allocs    stats.Spread // a record
	first     stats.Spread // seconds until the first answer
	p50, p99  stats.Spread // microseconds
	peak      int64        // bytes, the most of all runs
	problems  []string
}

// summary has the rows in the order in which they were first measured.
type summary []*row

// summarize leaves failed runs out of the figures; they are among the problems.
func summarize(f *result.File) summary {
	type key struct {
		result.Cell
		contender string
	}
	runs := make(map[key][]result.Run)
	var order []key
	for _, m := range f.Measurements {
		k := key{m.Cell, m.Contender}
		if _, ok := runs[k]; !ok {
			order = append(order, k)
		}
		runs[k] = append(runs[k], m.Run)
	}
	var s summary
	for _, k := range order {
		s = append(s, newRow(k.Cell, k.contender, runs[k]))
	}
	return s
}

// fewestForP99: the 99th percentile of fewer is the longest of them all.
const fewestForP99 = 100

func newRow(cell result.Cell, contender string, runs []result.Run) *row {
	r := &row{cell: cell, contender: contender}
	var rate, cpu, allocs, first, p50, p99 []float64
	for _, run := range runs {
		if run.Error != "" {
			r.problems = append(r.problems, "failed: "+run.Error)
			continue
		}
		if p := lost(cell, run); p != "" {
			r.problems = append(r.problems, p)
		}
		if run.Timed == 0 {
			r.problems = append(r.problems, "all came at once, too few for a rate")
			continue
		}
		rate, cpu, first = append(rate, run.Rate()), append(cpu, run.CPUPerRecord()), append(first, run.First)
		allocs = append(allocs, run.AllocsPerRecord())
		if run.Latency != nil {
			p50 = append(p50, run.Latency.P50)
			if run.Latency.Samples >= fewestForP99 {
				p99 = append(p99, run.Latency.P99)
			}
		}
		r.peak = max(r.peak, run.PeakRSS)
	}
	r.rate, r.cpu, r.allocs, r.first = stats.Of(rate), stats.Of(cpu), stats.Of(allocs), stats.Of(first)
	r.p50, r.p99 = stats.Of(p50), stats.Of(p99)
	return r
}

// lost tells if the brokers have another number of records than the client says.
// What a pipeline writes is counted there in the first place.
func lost(c result.Cell, run result.Run) string {
	switch {
	case run.Arrived < 0 || run.Arrived == run.Records || c.Part == result.Pipeline || c.Part == result.Memory:
		return ""
	case c.Part == result.Source || c.Part == result.LateAcks || c.Part == result.Growth:
		return fmt.Sprintf("%s read, %s committed", result.Thousands(run.Records), result.Thousands(run.Arrived))
	}
	return fmt.Sprintf("%s written, %s in the topic", result.Thousands(run.Records), result.Thousands(run.Arrived))
}

// find returns the row of a contender in the first cell of a part that fits, or nil.
func (s summary) find(part result.Part, contender string, fits func(result.Cell) bool) *row {
	for _, r := range s {
		if r.cell.Part == part && r.contender == contender && fits(r.cell) && r.rate.N > 0 {
			return r
		}
	}
	return nil
}

// of returns a predicate for cells with one broker and six partitions.
func of(size int, codec string) func(result.Cell) bool {
	return func(c result.Cell) bool {
		return c.Size == size && c.Codec == codec && c.Partitions == 6 && c.Brokers == 1 && c.PerSecond() == 1000
	}
}

// cells returns the cells of a part, each once.
func (s summary) cells(part result.Part) []result.Cell {
	var cells []result.Cell
	seen := make(map[result.Cell]bool)
	for _, r := range s {
		if r.cell.Part == part && !seen[r.cell] {
			seen[r.cell] = true
			cells = append(cells, r.cell)
		}
	}
	return cells
}

// pairs yields the rows of two contenders, cell by cell of a part, where both have one.
func (s summary) pairs(part result.Part, contender, other string) iter.Seq2[*row, *row] {
	return func(yield func(a, b *row) bool) {
		for _, c := range s.cells(part) {
			same := func(have result.Cell) bool { return have == c }
			a, b := s.find(part, contender, same), s.find(part, other, same)
			if a != nil && b != nil && !yield(a, b) {
				return
			}
		}
	}
}

// in returns the rows of a cell.
func (s summary) in(c result.Cell) []*row {
	var rows []*row
	for _, r := range s {
		if r.cell == c {
			rows = append(rows, r)
		}
	}
	return rows
}

// noise is one contender against itself.
type noise struct {
	cell      result.Cell
	contender string
	rate, cpu float64 // the second entry's median as a multiple of the first's
}

func (s summary) noise() []noise {
	var out []noise
	for _, r := range s {
		again := s.find(r.cell.Part, result.Again(r.contender), func(c result.Cell) bool { return c == r.cell })
		if again != nil && r.rate.Median > 0 && r.cpu.Median > 0 {
			out = append(out, noise{r.cell, r.contender, again.rate.Median / r.rate.Median, again.cpu.Median / r.cpu.Median})
		}
	}
	return out
}

// note is short enough for a table; the raw results have all.
func (r *row) note() string {
	const most = 120
	text := []rune(strings.Join(r.problems, "; "))
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}
