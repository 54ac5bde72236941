package report

import (
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/stats"
)

func (s summary) latencyTarget() target {
	t := target{what: "produce → Read at 1,000 records/s: p99 against franz-go", want: "≤ franz-go + 1 ms"}
	connector := s.find(result.ReadLatency, result.ConnectorReadN, of(100, "none"))
	franz := s.find(result.ReadLatency, result.FranzPoll, of(100, "none"))
	if connector == nil || franz == nil || connector.p99.N == 0 || franz.p99.N == 0 {
		return t
	}
	t.measured = true
	t.figure = fmt.Sprintf("%s µs, franz-go %s µs", whole(connector.p99.Median), whole(franz.p99.Median))
	t.met = connector.p99.Median <= franz.p99.Median+latencyMargin
	return t
}

// latencies is about the cell of a part, and the percentile, in which a contender takes
// longest against another. It is behind if its median is longer than the other's slowest
// round: brokers and contenders share the machine's cores.
func (s summary) latencies(what string, part result.Part, contender, other string) target {
	t := target{what: what + ", in the worst cell", want: "≤ franz-go's slowest round"}
	worst := 0.0
	for a, b := range s.pairs(part, contender, other) {
		for i, pair := range [][2]stats.Spread{{a.p50, b.p50}, {a.p99, b.p99}} {
			if pair[1].Max <= 0 || pair[0].Median/pair[1].Max <= worst {
				continue
			}
			worst = pair[0].Median / pair[1].Max
			t.measured, t.met = true, worst <= 1
			t.figure = fmt.Sprintf("%s µs, franz-go %s µs (p%d; %s)", whole(pair[0].Median), spread(pair[1], whole), []int{50, 99}[i], a.cell)
		}
	}
	return t
}

// exactlyTarget is about the cell with that many brokers.
func (s summary) exactlyTarget(brokers int, want float64) target {
	of := func(name string) *row { return s.find(result.ExactlyOnce, name, on(brokers)) }
	what := fmt.Sprintf("destination, Write(3000), exactlyOnce, %s: records/s against without", result.Plural(brokers, "broker"))
	return atLeast(what, want, of(result.ConnectorExactly), of(result.ConnectorPayload))
}

func (s summary) exactlyLatencyTarget(brokers int, milliseconds float64) target {
	t := target{
		what: fmt.Sprintf("produce → committed Read with exactlyOnce at 1,000 records/s, %s: p99", result.Plural(brokers, "broker")),
		want: fmt.Sprintf("≤ %g ms", milliseconds),
	}
	if r := s.find(result.ExactlyLatency, result.ConnectorExactly, on(brokers)); r != nil && r.p99.N > 0 {
		t.decide(r.p99.Median/1000, func(x float64) string { return fine(x) + " ms" }, func(x float64) bool { return x <= milliseconds })
	}
	return t
}

func on(brokers int) func(result.Cell) bool {
	return func(c result.Cell) bool { return c.Brokers == brokers }
}
