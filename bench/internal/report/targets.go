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
		atLeast("source, ReadN + Ack, 100 B: records/s against franz-go", 0.9, source(result.ConnectorReadN), source(result.FranzPoll)),
		cpuAtMost("source, ReadN + Ack, 100 B: CPU a record against published", 0.25, source(result.ConnectorReadN), source(result.PublishedRead)),
		atLeast("source, 1 KB, zstd: records/s against franz-go", 1, zstd(result.ConnectorReadN), zstd(result.FranzPoll)),
		atLeast("destination, Write(1000), value.format=payload: against published", 10, destination(result.ConnectorPayload), destination(result.PublishedWrite)),
		atLeast("destination, Write(1000), value.format=payload: against franz-go ProduceSync", 1.3, destination(result.ConnectorPayload), destination(result.FranzProduce)),
		atLeast("destination, Write(1000), default format: against published", 5, destination(result.ConnectorWrite), destination(result.PublishedWrite)),
		pipelineTarget(pipeline(result.PipelineV2), pipeline(result.PipelineMirror)),
		atLeast("Kafka → Kafka, second architecture, defaults: against published", 50, pipeline(result.PipelineV2), pipeline(result.PipelineV2Published)),
		atLeast("Kafka → Kafka, first architecture, destination batch 1000/5ms: against published", 4, pipeline(result.PipelineV1Batch), pipeline(result.PipelineV1PubBatch)),
		peakTarget(pipeline(result.PipelineV2), pipeline(result.PipelineV1Batch)),
		s.boundedTarget(),
		s.latencyTarget(),
		s.slowest("source: records/s against franz-go that does the same work", 1, result.Source, result.ConnectorReadN, result.FranzRecords, all),
		s.slowest("destination, value.format=payload: against franz-go that does the same work", 1, result.Destination, result.ConnectorPayload, result.FranzFromRecords, all),
		s.slowest("source, 100 B: records/s against franz-go", 0.9, result.Source, result.ConnectorReadN, result.FranzPoll, small),
		s.slowest("source, from 1 KB on: records/s against franz-go", 1, result.Source, result.ConnectorReadN, result.FranzPoll, large),
		s.slowest("source: records/s against kafka-go Reader", 1, result.Source, result.ConnectorReadN, result.ReaderFetch, all),
		s.slowest("destination, value.format=payload: against kafka-go Writer", 1, result.Destination, result.ConnectorPayload, result.WriterWrite, all),
		beyondRecords(source(result.ConnectorReadN), source(result.RecordsAlone), source(result.FranzPoll)),
		s.slowest("Kafka → Kafka, second architecture, defaults: against MirrorSourceConnector", 1.5, result.Pipeline, result.PipelineV2, result.PipelineMirror, all),
		s.slowest("acks once a second: records/s against the same host with acks at once", 0.95, result.LateAcks, result.ConnectorLateAcks, result.ConnectorKept, all),
		s.latencies("one record a Write: p50 and p99 against franz-go", result.WriteLatency, result.ConnectorPayload, result.FranzProduce),
		s.latencies("produce → Read: p50 and p99 against franz-go", result.ReadLatency, result.ConnectorReadN, result.FranzPoll),
		s.latencies("produce → Read: p50 and p99 against franz-go that does the same work", result.ReadLatency, result.ConnectorReadN, result.FranzRecords),
		s.exactlyTarget(1, 0.6),
		s.exactlyTarget(3, 0.4),
		s.exactlyLatencyTarget(1, 30),
		s.exactlyLatencyTarget(3, 150),
	}
}

func atLeast(what string, want float64, a, b *row) target {
	t := target{what: what, want: "≥ " + times(want)}
	if a != nil && b != nil && b.rate.Median > 0 {
		t.decide(a.rate.Median/b.rate.Median, times, func(x float64) bool { return x >= want })
	}
	return t
}

func all(result.Cell) bool     { return true }
func small(c result.Cell) bool { return c.Size < 1000 }
func large(c result.Cell) bool { return c.Size >= 1000 }

// slowest is about the cell of a part, of those that are asked for, in which a contender is
// slowest against another.
func (s summary) slowest(what string, want float64, part result.Part, contender, other string, asked func(result.Cell) bool) target {
	t := target{what: what + ", in the slowest cell", want: "≥ " + times(want)}
	slowest, where := 0.0, ""
	for a, b := range s.pairs(part, contender, other) {
		if !asked(a.cell) || b.rate.Median <= 0 {
			continue
		}
		if ratio := a.rate.Median / b.rate.Median; where == "" || ratio < slowest {
			slowest, where = ratio, a.cell.String()
		}
	}
	if where == "" {
		return t
	}
	t.decide(slowest, times, func(x float64) bool { return x >= want })
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

// beyondRecords is about what a source costs besides the making of Conduit's records,
// which a bare loop does not make.
func beyondRecords(source, alone, bare *row) target {
	t := target{what: "source, ReadN + Ack, 100 B: CPU a record beyond the making of it, against franz-go's poll loop", want: "≤ " + times(1)}
	if source != nil && alone != nil && bare != nil && bare.cpu.Median > 0 {
		t.decide((source.cpu.Median-alone.cpu.Median)/bare.cpu.Median, times, func(x float64) bool { return x <= 1 })
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
