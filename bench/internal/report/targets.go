package report

import (
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// target is something that the connector is to reach, within one run of the
// benchmark.
type target struct {
	what, want string
	figure     string
	measured   bool
	met        bool
}

func (t target) verdict() string {
	switch {
	case !t.measured:
		return "not measured"
	case t.met:
		return "met"
	}
	return "NOT met"
}

// Bounds of the targets that are not ratios.
const (
	pipelineRate = 300_000   // records a second
	pipelinePeak = 150 << 20 // bytes
	// sameMemory is how much the peak may differ between 500 and 2,000 records of
	// 1 MB to count as bounded.
	sameMemory = 1.25
	// latencyMargin is in microseconds.
	latencyMargin = 1000
)

func (s summary) targets() []target {
	source := func(name string) *row { return s.find(result.Source, name, of(100, "none")) }
	destination := func(name string) *row { return s.find(result.Destination, name, of(100, "none")) }
	zstd := func(name string) *row { return s.find(result.Source, name, of(1000, "zstd")) }
	pipeline := func(name string) *row { return s.find(result.Pipeline, name, of(100, "none")) }
	return []target{
		atLeast("source, ReadN + Ack, 100 B: records/s against published", 7, source(result.ConnectorReadN), source(result.PublishedRead)),
		atLeast("source, ReadN + Ack, 100 B: records/s against franz-go", 0.7, source(result.ConnectorReadN), source(result.FranzPoll)),
		cpuAtMost("source, ReadN + Ack, 100 B: CPU a record against published", 0.25, source(result.ConnectorReadN), source(result.PublishedRead)),
		atLeast("source, 1 KB, zstd: records/s against franz-go", 1, zstd(result.ConnectorReadN), zstd(result.FranzPoll)),
		atLeast("destination, Write(1000), value.format=payload: against published", 10, destination(result.ConnectorPayload), destination(result.PublishedWrite)),
		atLeast("destination, Write(1000), value.format=payload: against franz-go ProduceSync", 1.3, destination(result.ConnectorPayload), destination(result.FranzProduce)),
		atLeast("destination, Write(1000), default format: against published", 5, destination(result.ConnectorWrite), destination(result.PublishedWrite)),
		pipelineTarget(pipeline(result.PipelineV2), pipeline(result.PipelineMirror)),
		atLeast("Kafka → Kafka, second architecture, defaults: against published", 50, pipeline(result.PipelineV2), pipeline(result.PipelineV2Published)),
		atLeast("Kafka → Kafka, first architecture, destination batch 1000/5ms: against published", 2.5, pipeline(result.PipelineV1Batch), pipeline(result.PipelineV1PubBatch)),
		peakTarget(pipeline(result.PipelineV2), pipeline(result.PipelineV1Batch)),
		s.boundedTarget(),
		s.latencyTarget(),
		s.equalWork("source, the slowest cell: records/s against franz-go that does the same work", result.Source, result.ConnectorReadN, result.FranzRecords),
		s.equalWork("destination, value.format=payload, the slowest cell: against franz-go that does the same work", result.Destination, result.ConnectorPayload, result.FranzFromRecords),
	}
}

func atLeast(what string, want float64, a, b *row) target {
	t := target{what: what, want: "≥ " + times(want)}
	if a != nil && b != nil && b.rate.Median > 0 {
		t.decide(a.rate.Median/b.rate.Median, times, func(x float64) bool { return x >= want })
	}
	return t
}

// equalWork is about the cell in which we are slowest against a contender that does the
// same work.
func (s summary) equalWork(what string, part result.Part, contender, equal string) target {
	t := target{what: what, want: "≥ " + times(1)}
	slowest, where := 0.0, ""
	for _, c := range s.cells(part) {
		same := func(have result.Cell) bool { return have == c }
		a, b := s.find(part, contender, same), s.find(part, equal, same)
		if a == nil || b == nil || b.rate.Median <= 0 {
			continue
		}
		if ratio := a.rate.Median / b.rate.Median; where == "" || ratio < slowest {
			slowest, where = ratio, c.String()
		}
	}
	if where == "" {
		return t
	}
	t.decide(slowest, times, func(x float64) bool { return x >= 1 })
	t.figure += " (" + where + ")"
	return t
}

func cpuAtMost(what string, want float64, a, b *row) target {
	t := target{what: what, want: "≤ " + times(want)}
	if a != nil && b != nil && b.cpu.Median > 0 {
		t.decide(a.cpu.Median/b.cpu.Median, times, func(x float64) bool { return x <= want })
	}
	return t
}

func (t *target) decide(x float64, format func(float64) string, met func(float64) bool) {
	t.measured, t.figure, t.met = true, format(x), met(x)
}

func pipelineTarget(connector, mirror *row) target {
	t := target{
		what: "Kafka → Kafka, second architecture, defaults: records/s",
		want: "≥ " + result.Thousands(pipelineRate) + " or ≥ 1.50× MirrorSourceConnector",
	}
	if connector == nil {
		return t
	}
	t.decide(connector.rate.Median, whole, func(x float64) bool { return x >= pipelineRate })
	if mirror != nil && mirror.rate.Median > 0 {
		ratio := connector.rate.Median / mirror.rate.Median
		t.figure += ", " + times(ratio)
		t.met = t.met || ratio >= 1.5
	} else if !t.met {
		t.measured = false // it depends on the other one
	}
	return t
}

func peakTarget(rows ...*row) target {
	t := target{what: "peak memory of these two pipelines", want: fmt.Sprintf("≤ %d MB", pipelinePeak>>20)}
	var peak int64
	for _, r := range rows {
		if r == nil {
			return t
		}
		peak = max(peak, r.peak)
	}
	t.measured, t.figure, t.met = true, megabytes(peak)+" MB", peak <= pipelinePeak
	return t
}

// boundedTarget compares the peaks with few and with many records of 1 MB.
func (s summary) boundedTarget() target {
	t := target{what: "peak memory with four times as many records of 1 MB", want: "≤ " + times(sameMemory)}
	var few, many *row
	for _, c := range s.cells(result.Memory) {
		r := s.find(result.Memory, result.PipelineV2Payload, func(have result.Cell) bool { return have == c })
		if r == nil {
			continue
		}
		if few == nil || c.Records < few.cell.Records {
			few = r
		}
		if many == nil || c.Records > many.cell.Records {
			many = r
		}
	}
	if few == many || few.peak == 0 {
		return t
	}
	t.decide(float64(many.peak)/float64(few.peak), times, func(x float64) bool { return x <= sameMemory })
	t.figure = fmt.Sprintf("%s (%s MB, then %s MB)", t.figure, megabytes(few.peak), megabytes(many.peak))
	return t
}

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
