package main

import (
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/pipeline"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// rounds is how often each contender runs, unless something else is said.
const rounds = 3

var (
	sizes      = []int{100, 1000, 10_000}
	codecs     = []string{"none", "snappy", "lz4", "zstd"}
	partitions = []int{1, 6, 48}
	brokers    = []int{1, 3}
	readRates  = []int{50_000, 1000, 1} // records a second, for the latency of reading; many warm brokers up for fewer
)

// recordsOf is how many records of a size are there to be read: as many as the
// fastest reads in two or three seconds.
func recordsOf(size int) int64 {
	switch {
	case size <= 100:
		return 3_000_000
	case size <= 1000:
		return 1_000_000
	}
	return 100_000
}

func cell(part result.Part, size int, codec string, partitions, brokers int) result.Cell {
	c := result.Cell{Part: part, Size: size, Codec: codec, Partitions: partitions, Brokers: brokers}
	if part == result.Source || part == result.LateAcks {
		c.Records = recordsOf(size)
	}
	return c
}

func allGroups(o options) []group {
	s, d := newSources(o), newDestinations(o)
	var groups []group
	if o.cells == "quick" {
		return quickGroups(o, s, d)
	}
	if o.cells == "full" {
		for _, b := range brokers {
			for _, p := range partitions {
				for _, size := range sizes {
					for _, codec := range codecs {
						groups = append(groups,
							group{cell(result.Source, size, codec, p, b), s.all(), rounds},
							group{cell(result.Destination, size, codec, p, b), d.all(), rounds})
					}
				}
			}
		}
	} else {
		groups = append(sourceGroups(s), destinationGroups(d)...)
	}
	groups = append(groups, lateAcksGroup(o))
	groups = append(groups, latencyGroups(o)...)
	groups = append(groups, exactlyGroups(o)...)
	groups = append(groups, pipelineGroups(o)...)
	return append(groups, growthGroups(o)...)
}

// sourceGroups are a path along each axis, from the cell that the targets are
// about.
func sourceGroups(s sources) []group {
	part := result.Source
	most, few := s.most(), s.few()
	return []group{
		{cell(part, 100, "none", 6, 1), s.all(), rounds},
		{cell(part, 1000, "none", 6, 1), most, rounds},
		{cell(part, 10_000, "none", 6, 1), most, rounds},
		{cell(part, 1000, "snappy", 6, 1), few, rounds},
		{cell(part, 1000, "lz4", 6, 1), few, rounds},
		{cell(part, 1000, "zstd", 6, 1), append(s.few(), s.kafkaGo), rounds},
		{cell(part, 100, "none", 1, 1), few, rounds},
		{cell(part, 100, "none", 48, 1), few, rounds},
		{cell(part, 100, "none", 6, 3), few, rounds},
	}
}

func destinationGroups(d destinations) []group {
	part := result.Destination
	most, few := d.most(), d.few()
	return []group{
		{cell(part, 100, "none", 6, 1), d.all(), rounds},
		{cell(part, 1000, "none", 6, 1), most, rounds},
		{cell(part, 10_000, "none", 6, 1), most, rounds},
		{cell(part, 1000, "zstd", 6, 1), few, rounds},
		{cell(part, 100, "none", 1, 1), few, rounds},
		{cell(part, 100, "none", 48, 1), few, rounds},
		{cell(part, 100, "none", 6, 3), few, rounds},
	}
}

// quickGroups are what changes to the code show in first: the connector, its twin, and who
// does the same work, with small and larger records, the time of a call, and a pipeline.
func quickGroups(o options, s sources, d destinations) []group {
	write, read := o.client(result.WriteLatency), o.client(result.ReadLatency)
	whole := cell(result.Pipeline, 100, "none", 6, 1)
	whole.Records = pipelineRecords
	return []group{
		{cell(result.Source, 100, "none", 6, 1), []contender{s.connector, s.again, s.equal}, rounds},
		{cell(result.Source, 1000, "none", 6, 1), []contender{s.connector, s.equal}, rounds},
		{cell(result.Destination, 100, "none", 6, 1), []contender{d.payload, d.again, d.equal}, rounds},
		{cell(result.Destination, 1000, "none", 6, 1), []contender{d.payload, d.equal}, rounds},
		{cell(result.WriteLatency, 100, "none", 6, 1), []contender{
			write(result.ConnectorPayload, "connector", payloadSetting), write(result.FranzProduce, "franz-go"),
		}, rounds},
		{cell(result.ReadLatency, 100, "none", 6, 1), []contender{
			read(result.ConnectorReadN, "connector"), read(result.FranzPoll, "franz-go"),
		}, rounds},
		exactlyGroup(o, result.ExactlyOnce, 1),
		exactlyGroup(o, result.ExactlyLatency, 1),
		{whole, []contender{o.conduit(result.PipelineV2, false, conduitV2)}, 2},
	}
}

func growthGroups(o options) []group {
	read, write := o.client(result.Growth), o.client(result.WriteGrowth)
	var groups []group
	for _, n := range []int64{1_000_000, 5_000_000, 20_000_000} {
		c := cell(result.Growth, 100, "none", 6, 1)
		c.Records = n
		groups = append(groups, group{c, []contender{read(result.ConnectorReadN, "connector")}, 1})
		c.Part = result.WriteGrowth
		groups = append(groups, group{c, []contender{write(result.ConnectorPayload, "connector", payloadSetting)}, 1})
	}
	return groups
}

const pipelineRecords = 3_000_000

// conduitV2 has the defaults of the connector in Conduit's second architecture.
var conduitV2 = pipeline.Conduit{V2: true}

func pipelineGroups(o options) []group {
	main := cell(result.Pipeline, 100, "none", 6, 1)
	main.Records = pipelineRecords
	large := cell(result.Pipeline, 1000, "none", 6, 1)
	large.Records = recordsOf(large.Size) * 2
	groups := []group{{main, o.pipelines(), 2}, {large, o.pipelines()[:2], rounds}}
	for _, n := range []int64{500, 2000} {
		c := cell(result.Memory, 1_000_000, "none", 6, 1)
		c.Records = n
		// No batch may be larger than batchBytes, and one record of 1 MB is.
		groups = append(groups, group{c, []contender{o.conduit(result.PipelineV2Payload, false, pipeline.Conduit{
			V2:          true,
			Destination: map[string]string{"value.format": "payload", "batchBytes": "2000000"},
		})}, 1})
	}
	return groups
}

// pipelineFor is how long a pipeline counts, and pipelineWarmUp how long it runs
// before that: Java compiles, groups form.
func (o options) pipelineFor() time.Duration    { return 3 * o.duration }
func (o options) pipelineWarmUp() time.Duration { return min(2*time.Second, o.duration) }
