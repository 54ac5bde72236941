package report

import (
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// verdicts are those of the targets that are measured, by their place.
func verdicts(f *result.File) map[int]string {
	out := make(map[int]string)
	for i, t := range summarize(f).targets() {
		if t.measured {
			out[i] = t.figure + " " + t.verdict()
		}
	}
	return out
}

func memoryCell(records int64) result.Cell {
	c := cellOf(result.Memory, 1_000_000, "none")
	c.Records = records
	return c
}

func exactly(part result.Part, brokers int) result.Cell {
	c := cellOf(part, 100, "none")
	c.Brokers = brokers
	return c
}

func TestTargets_are_ratios_within_one_run(t *testing.T) {
	source, zstd := cellOf(result.Source, 100, "none"), cellOf(result.Source, 1000, "zstd")
	destination, pipeline := cellOf(result.Destination, 100, "none"), cellOf(result.Pipeline, 100, "none")
	read, write := cellOf(result.ReadLatency, 100, "none"), cellOf(result.WriteLatency, 100, "none")
	for name, c := range map[string]struct {
		entries []entry
		want    map[int]string
	}{
		"nothing measured": {nil, map[int]string{}},
		"other cells": {[]entry{
			{cellOf(result.Source, 10_000, "none"), result.ConnectorReadN, measured(7, 1, 1)},
			{cellOf(result.Source, 10_000, "none"), result.PublishedRead, measured(1, 1, 1)},
		}, map[int]string{}},
		"source met": {[]entry{
			{source, result.ConnectorReadN, measured(900, 1, 1)}, {source, result.PublishedRead, measured(100, 4, 1)},
			{source, result.FranzPoll, measured(1000, 1, 1)},
			{zstd, result.ConnectorReadN, measured(50, 1, 1)}, {zstd, result.FranzPoll, measured(50, 1, 1)},
		}, map[int]string{0: "9.00× met", 1: "0.90× met", 2: "0.25× met", 3: "1.00× met",
			15: "0.90× (100 B, none, 6 partitions, 1 broker) met", 16: "1.00× (1 KB, zstd, 6 partitions, 1 broker) met"}},
		"source not met": {[]entry{
			{source, result.ConnectorReadN, measured(690, 1.1, 1)}, {source, result.PublishedRead, measured(100, 4, 1)},
			{source, result.FranzPoll, measured(1000, 1, 1)},
			{zstd, result.ConnectorReadN, measured(49, 1, 1)}, {zstd, result.FranzPoll, measured(50, 1, 1)},
		}, map[int]string{0: "6.90× NOT met", 1: "0.69× NOT met", 2: "0.28× NOT met", 3: "0.98× NOT met",
			15: "0.69× (100 B, none, 6 partitions, 1 broker) NOT met", 16: "0.98× (1 KB, zstd, 6 partitions, 1 broker) NOT met"}},
		"destination": {[]entry{
			{destination, result.ConnectorPayload, measured(1000, 1, 1)}, {destination, result.PublishedWrite, measured(50, 1, 1)},
			{destination, result.FranzProduce, measured(800, 1, 1)}, {destination, result.ConnectorWrite, measured(200, 1, 1)},
		}, map[int]string{4: "20.0× met", 5: "1.25× NOT met", 6: "4.00× NOT met"}},
		"pipeline by its rate, without the other one": {[]entry{
			{pipeline, result.PipelineV2, measured(300, 1, 1)},
		}, map[int]string{7: "300,000 met"}},
		"pipeline below its rate needs the other one": {[]entry{
			{pipeline, result.PipelineV2, measured(299, 1, 1)},
		}, map[int]string{}},
		"pipeline against the other one": {[]entry{
			{pipeline, result.PipelineV2, measured(150, 1, 140)}, {pipeline, result.PipelineMirror, measured(100, 1, 600)},
			{pipeline, result.PipelineV2Published, measured(4, 1, 1)},
			{pipeline, result.PipelineV1Batch, measured(60, 1, 151)}, {pipeline, result.PipelineV1PubBatch, measured(20, 1, 1)},
		}, map[int]string{7: "150,000, 1.50× met", 8: "37.5× NOT met", 9: "3.00× NOT met", 10: "151 MB NOT met", 20: "1.50× (100 B, none, 6 partitions, 1 broker) met"}},
		"bounded memory": {[]entry{
			{memoryCell(1200), result.PipelineV2Payload, measured(1, 1, 220)}, {memoryCell(300), result.PipelineV2Payload, measured(1, 1, 200)},
		}, map[int]string{11: "1.10× (200 MB, then 220 MB) met"}},
		"growing memory": {[]entry{
			{memoryCell(300), result.PipelineV2Payload, measured(1, 1, 200)}, {memoryCell(1200), result.PipelineV2Payload, measured(1, 1, 800)},
		}, map[int]string{11: "4.00× (200 MB, then 800 MB) NOT met"}},
		"latency met": {[]entry{
			{read, result.ConnectorReadN, latencyRun(500, 2900)}, {read, result.FranzPoll, latencyRun(500, 2000)},
		}, map[int]string{12: "2,900 µs, franz-go 2,000 µs met", 23: "2,900 µs, franz-go 2,000 µs (p99; 100 B, none, 6 partitions, 1 broker, 1,000/s) NOT met"}},
		"latency not met": {[]entry{
			{read, result.ConnectorReadN, latencyRun(500, 3100)}, {read, result.FranzPoll, latencyRun(500, 2000)},
		}, map[int]string{12: "3,100 µs, franz-go 2,000 µs NOT met", 23: "3,100 µs, franz-go 2,000 µs (p99; 100 B, none, 6 partitions, 1 broker, 1,000/s) NOT met"}},
		"latency as long as the other's slowest round": {[]entry{
			{write, result.ConnectorPayload, latencyRun(500, 2000)}, {write, result.FranzProduce, latencyRun(450, 1900)}, {write, result.FranzProduce, latencyRun(500, 2100)},
		}, map[int]string{22: "500 µs, franz-go 475 (450–500) µs (p50; 100 B, none, 6 partitions, 1 broker) met"}},
		"exactly once": {[]entry{
			{exactly(result.ExactlyOnce, 1), result.ConnectorPayload, measured(100, 1, 1)}, {exactly(result.ExactlyOnce, 1), result.ConnectorExactly, measured(60, 1, 1)},
			{exactly(result.ExactlyOnce, 3), result.ConnectorPayload, measured(100, 1, 1)}, {exactly(result.ExactlyOnce, 3), result.ConnectorExactly, measured(39, 1, 1)},
			{exactly(result.ExactlyLatency, 1), result.ConnectorExactly, latencyRun(500, 31_000)},
			{exactly(result.ExactlyLatency, 3), result.ConnectorExactly, latencyRun(500, 149_000)},
		}, map[int]string{25: "0.60× met", 26: "0.39× NOT met", 27: "31.0 ms NOT met", 28: "149 ms met"}},
		"latency beside the same work": {[]entry{
			{read, result.ConnectorReadN, latencyRun(500, 1900)}, {read, result.FranzRecords, latencyRun(450, 2000)},
		}, map[int]string{24: "500 µs, franz-go 450 µs (p50; 100 B, none, 6 partitions, 1 broker, 1,000/s) NOT met"}},
		"the making of records is no part of reading": {[]entry{
			{source, result.ConnectorReadN, measured(1, 0.6, 1)}, {source, result.RecordsAlone, measured(1, 0.3, 1)}, {source, result.FranzPoll, measured(1, 0.4, 1)},
		}, map[int]string{1: "1.00× met", 15: "1.00× (100 B, none, 6 partitions, 1 broker) met", 19: "0.75× met"}},
		"the slowest cell": {[]entry{
			{source, result.ConnectorReadN, measured(2, 1, 1)}, {source, result.FranzRecords, measured(1, 1, 1)},
			{zstd, result.ConnectorReadN, measured(1, 1, 1)}, {zstd, result.FranzRecords, measured(2, 1, 1)},
		}, map[int]string{13: "0.50× (1 KB, zstd, 6 partitions, 1 broker) NOT met"}},
		"a failed run is no figure": {[]entry{
			{source, result.ConnectorReadN, measured(700, 1, 1)}, {source, result.PublishedRead, result.Run{Error: "x"}},
		}, map[int]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			is.New(t).Equal(verdicts(fileOf(c.entries...)), c.want)
		})
	}
}
