package report

import (
	"cmp"
	"slices"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// table is text in columns, with a title; what it becomes is decided elsewhere.
type table struct {
	title  string
	header []string
	rows   [][]string
}

var titles = map[result.Part]string{
	result.Source:       "Reading",
	result.LateAcks:     "Reading, for a host that acknowledges once a second",
	result.Destination:  "Writing 1,000 records a call, acks all",
	result.WriteLatency: "Writing one record a call, acks all: time of a call",
	result.ReadLatency:  "From producing to reading",

	result.ExactlyOnce:    "Writing 3,000 records of a Kafka source a call, acks all",
	result.ExactlyLatency: "From producing to reading what is committed",

	result.Pipeline:    "Kafka → Kafka, whole systems",
	result.Memory:      "Kafka → Kafka, records of 1 MB",
	result.Growth:      "Reading more and more",
	result.WriteGrowth: "Writing more and more",
}

// tables has one for each cell, and one each for targets, noise, who does what, late acks
// and growth.
func (s summary) tables() []table {
	tables := []table{s.targetTable()}
	if n := s.noise(); len(n) > 0 {
		tables = append(tables, noiseTable(n))
	}
	if w := s.workTable(); len(w.rows) > 0 {
		tables = append(tables, w)
	}
	for _, part := range result.Parts {
		if part == result.Growth || part == result.WriteGrowth {
			continue // all in one
		}
		for _, c := range s.cells(part) {
			tables = append(tables, cellTable(c, s.in(c)))
		}
		if late := s.lateAcksTable(); part == result.LateAcks && len(late.rows) > 0 {
			tables = append(tables, late)
		}
	}
	if g := s.growthTable(); len(g.rows) > 0 {
		tables = append(tables, g)
	}
	return tables
}

func (s summary) targetTable() table {
	t := table{title: "Targets", header: []string{"what", "target", "figure", ""}}
	for _, x := range s.targets() {
		figure := x.figure
		if !x.measured {
			figure = none
		}
		t.rows = append(t.rows, []string{x.what, x.want, figure, x.verdict()})
	}
	return t
}

func noiseTable(all []noise) table {
	t := table{title: "Noise: a contender against itself", header: []string{"contender", "cell", "records/s", "CPU a record"}}
	for _, n := range all {
		t.rows = append(t.rows, []string{n.contender, string(n.cell.Part) + ", " + n.cell.String(), times(n.rate), times(n.cpu)})
	}
	return t
}

// cellTable has the contenders of a cell, the fastest first.
func cellTable(c result.Cell, rows []*row) table {
	latency := c.Part.Latency()
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b *row) int {
		switch {
		case a.rate.N == 0 || b.rate.N == 0: // what failed comes last
			return cmp.Compare(min(b.rate.N, 1), min(a.rate.N, 1))
		case latency:
			return cmp.Compare(a.p50.Median, b.p50.Median)
		}
		return cmp.Compare(b.rate.Median, a.rate.Median)
	})
	t := table{title: titles[c.Part] + ": " + c.String()}
	if latency {
		t.header = []string{"contender", "p50 µs (min–max)", "p99 µs (min–max)", "CPU µs a record", "peak MB", "note"}
	} else {
		t.header = []string{"contender", "records/s (min–max)", "MB/s", "CPU µs a record", "allocations a record", "peak MB", "first answer s", "note"}
	}
	for _, r := range rows {
		if latency {
			t.rows = append(t.rows, []string{r.contender, spread(r.p50, whole), spread(r.p99, whole), median(r.cpu, fine), megabytes(r.peak), r.note()})
			continue
		}
		t.rows = append(t.rows, []string{r.contender, spread(r.rate, whole), r.throughput(), median(r.cpu, fine),
			r.allocations(), megabytes(r.peak), median(r.first, fine), r.note()})
	}
	return t
}

// throughput is of the values, in megabytes of a million bytes.
func (r *row) throughput() string {
	if r.rate.N == 0 {
		return none
	}
	return fine(r.rate.Median * float64(r.cell.Size) / 1e6)
}

// allocations are known of Go clients only.
func (r *row) allocations() string {
	if r.allocs.Max == 0 {
		return none
	}
	return median(r.allocs, fine)
}

// growthTable shows what a record costs with more partitions, and with more
// records.
func (s summary) growthTable() table {
	t := table{title: "Growth: what a record costs", header: []string{"", "records/s", "CPU µs a record", "peak MB"}}
	add := func(r *row, what string) {
		if r != nil && r.rate.N > 0 {
			t.rows = append(t.rows, []string{what, median(r.rate, whole), median(r.cpu, fine), megabytes(r.peak)})
		}
	}
	for _, side := range []struct {
		part, growth result.Part
		name, what   string
	}{
		{result.Source, result.Growth, result.ConnectorReadN, "reading, "},
		{result.Destination, result.WriteGrowth, result.ConnectorPayload, "writing, "},
	} {
		for _, p := range []int{1, 6, 48} {
			add(s.find(side.part, side.name, func(c result.Cell) bool {
				return c.Size == 100 && c.Codec == "none" && c.Brokers == 1 && c.Partitions == p
			}), side.what+result.Plural(p, "partition"))
		}
		for _, c := range s.cells(side.growth) {
			add(s.find(side.growth, side.name, func(have result.Cell) bool { return have == c }),
				side.what+result.Thousands(c.Records)+" records")
		}
	}
	return t
}
