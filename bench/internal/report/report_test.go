package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

func cellOf(part result.Part, size int, codec string) result.Cell {
	return result.Cell{Part: part, Size: size, Codec: codec, Partitions: 6, Brokers: 1}
}

// measured is a run with a number of thousand records a second, of microseconds
// of CPU a record and of megabytes.
func measured(rate, cpu float64, mb int64) result.Run {
	return result.Run{Records: 1000, Timed: int64(rate * 1000), Seconds: 1, CPU: cpu / 1e6 * 1000, CPURecords: 1000, PeakRSS: mb << 20, Arrived: 1000}
}

type entry struct {
	cell      result.Cell
	contender string
	run       result.Run
}

func fileOf(entries ...entry) *result.File {
	f := &result.File{
		Machine: result.Machine{CPU: "a CPU", Cores: 2, MemoryMB: 4096, OS: "an OS", Kernel: "linux", Go: "go1", Kafka: "4.1.1", Commit: "abc"},
		Started: time.Unix(1_700_000_000, 0), Took: 90 * time.Second,
	}
	for _, e := range entries {
		f.Measurements = append(f.Measurements, result.Measurement{Cell: e.cell, Contender: e.contender, Round: 1, Run: e.run})
	}
	return f
}

func latencyRun(p50, p99 float64) result.Run {
	r := measured(1, 100, 20)
	r.Latency = &result.Latency{Samples: 1000, P50: p50, P99: p99, Max: p99}
	return r
}

func TestSummarize_takes_medians_and_the_highest_peak(t *testing.T) {
	is := is.New(t)
	c := cellOf(result.Source, 100, "none")
	s := summarize(fileOf(
		entry{c, "a", measured(30, 3, 5)}, entry{c, "b", measured(1, 1, 1)},
		entry{c, "a", measured(10, 1, 9)}, entry{c, "b", measured(1, 1, 1)},
		entry{c, "a", measured(20, 2, 7)},
	))
	is.Equal(len(s), 2)
	a := s[0]
	is.Equal(a.contender, "a")
	is.Equal(a.rate.Median, 20_000.0)
	is.Equal(a.rate.Min, 10_000.0)
	is.Equal(a.rate.Max, 30_000.0)
	is.Equal(fine(a.cpu.Median), "2.00")
	is.Equal(a.peak, int64(9<<20))
	is.Equal(a.note(), "")
}

func TestSummarize_notes_what_failed_and_what_did_not_arrive(t *testing.T) {
	is := is.New(t)
	short := measured(1, 1, 1)
	short.Arrived = 900
	failed := result.Run{Error: strings.Repeat("long ", 100)}
	s := summarize(fileOf(
		entry{cellOf(result.Source, 100, "none"), "a", short},
		entry{cellOf(result.Destination, 100, "none"), "a", short},
		entry{cellOf(result.Pipeline, 100, "none"), "a", short},
		entry{cellOf(result.Source, 1000, "none"), "a", failed},
		entry{cellOf(result.Source, 1000, "none"), "b", result.Run{Records: 10, Arrived: 10}},
	))
	is.Equal(s[0].note(), "1,000 read, 900 committed")
	is.Equal(s[1].note(), "1,000 written, 900 in the topic")
	is.Equal(s[2].note(), "") // counted there in the first place
	is.True(strings.HasPrefix(s[3].note(), "failed: long long"))
	is.True(len(s[3].note()) < 130)
	is.Equal(s[3].rate.N, 0)
	is.Equal(s[4].note(), "all came at once, too few for a rate")
	is.Equal(s[4].rate.N, 0) // and not 0 records a second
}

func TestSummarize_has_no_99th_percentile_of_a_few_records(t *testing.T) {
	is := is.New(t)
	c := cellOf(result.ReadLatency, 100, "none")
	c.Rate = 1
	few := latencyRun(500, 2000)
	few.Latency.Samples = 7
	s := summarize(fileOf(entry{c, result.ConnectorReadN, few}, entry{c, result.FranzPoll, latencyRun(400, 1000)}))
	is.Equal(s[0].p50.Median, 500.0)
	is.Equal(s[0].p99.N, 0)
	is.Equal(cellTable(c, s.in(c)).rows[1][2], none)
	is.Equal(s[1].p99.Median, 1000.0)
	var worst string
	for _, target := range s.targets() {
		if target.measured {
			worst += target.figure
		}
	}
	is.Equal(worst, "500 µs, franz-go 400 µs (p50; 100 B, none, 6 partitions, 1 broker, 1/s)")
}

func TestNoise_compares_a_contender_with_itself(t *testing.T) {
	is := is.New(t)
	c := cellOf(result.Source, 100, "none")
	n := summarize(fileOf(
		entry{c, "a", measured(100, 2, 1)}, entry{c, result.Again("a"), measured(110, 1, 1)}, entry{c, "b", measured(1, 1, 1)},
	)).noise()
	is.Equal(len(n), 1)
	is.Equal(n[0].contender, "a")
	is.Equal(times(n[0].rate), "1.10×")
	is.Equal(times(n[0].cpu), "0.50×")
}

func TestCellTable_has_the_fastest_first_and_failures_last(t *testing.T) {
	is := is.New(t)
	c := cellOf(result.Destination, 1000, "zstd")
	s := summarize(fileOf(
		entry{c, "failed", result.Run{Error: "x"}}, entry{c, "slow", measured(1, 1, 1)}, entry{c, "fast", measured(1234.4, 1, 1)},
	))
	table := cellTable(c, s.in(c))
	is.Equal(table.title, "Writing 1,000 records a call, acks all: 1 KB, zstd, 6 partitions, 1 broker")
	is.Equal(table.rows[0][:3], []string{"fast", "1,234,000", "1234"})
	is.Equal(table.rows[1][0], "slow")
	is.Equal(table.rows[2][0], "failed")
	is.Equal(table.rows[2][1], none)
}

func TestGrowthTable_has_partitions_and_records(t *testing.T) {
	is := is.New(t)
	one, many := cellOf(result.Source, 100, "none"), cellOf(result.Source, 100, "none")
	one.Partitions, many.Partitions = 1, 48
	grown := cellOf(result.Growth, 100, "none")
	grown.Records = 5_000_000
	table := summarize(fileOf(
		entry{many, result.ConnectorReadN, measured(2, 2, 2)}, entry{one, result.ConnectorReadN, measured(1, 1, 1)},
		entry{grown, result.ConnectorReadN, measured(3, 3, 3)},
	)).growthTable()
	is.Equal(table.rows, [][]string{
		{"reading, 1 partition", "1,000", "1.00", "1"},
		{"reading, 48 partitions", "2,000", "2.00", "2"},
		{"reading, 5,000,000 records", "3,000", "3.00", "3"},
	})
}

// everything has each cell that the plots show.
func everything() *result.File {
	var entries []entry
	for i, size := range []int{100, 1000, 10_000} {
		rate := 1000 / float64(i+1)
		entries = append(entries,
			entry{cellOf(result.Source, size, "none"), result.ConnectorReadN, measured(rate, 1, 1)},
			entry{cellOf(result.Destination, size, "none"), result.FranzProduce, measured(rate/10, 1, 1)})
	}
	return fileOf(append(entries,
		entry{cellOf(result.WriteLatency, 100, "none"), result.ConnectorPayload, latencyRun(300, 2000)},
		entry{cellOf(result.ReadLatency, 100, "none"), result.FranzPoll, latencyRun(400, 3000)})...)
}

func TestWrite_writes_the_same_documents_each_time(t *testing.T) {
	is := is.New(t)
	first, second := t.TempDir(), t.TempDir()
	is.NoErr(Write(first, everything()))
	is.NoErr(Write(second, everything()))
	for _, name := range []string{markdownFile, throughputFile, latencyFile} {
		a, err := os.ReadFile(filepath.Join(first, name))
		is.NoErr(err)
		b, err := os.ReadFile(filepath.Join(second, name))
		is.NoErr(err)
		is.Equal(string(a), string(b))
	}
	text, err := os.ReadFile(filepath.Join(first, markdownFile))
	is.NoErr(err)
	for _, part := range []string{"## Targets", "](" + throughputFile + ")", "](" + latencyFile + ")", "## Reading: 1 KB, none", "commit abc, Apache Kafka 4.1.1"} {
		is.True(strings.Contains(string(text), part))
	}
}

func TestPlots_are_XML_that_names_the_contenders(t *testing.T) {
	is := is.New(t)
	s := summarize(everything())
	for _, c := range []struct {
		draw  func() ([]byte, error)
		texts []string
	}{
		{s.throughputPlot, []string{result.ConnectorReadN, result.FranzProduce, "10 KB", "1,000,000"}},
		{s.latencyPlot, []string{"connector", "franz-go", "p99"}},
	} {
		svg, err := c.draw()
		is.NoErr(err)
		texts := textsOf(t, svg)
		for _, want := range c.texts {
			is.True(strings.Contains(texts, want))
		}
	}
}

func textsOf(t *testing.T, svg []byte) string {
	t.Helper()
	var b strings.Builder
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		is.New(t).NoErr(err)
		if text, ok := token.(xml.CharData); ok {
			b.Write(text)
			b.WriteByte('\n')
		}
	}
}

func TestWrite_leaves_out_plots_without_data(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	is.NoErr(Write(dir, fileOf(entry{cellOf(result.Source, 100, "zstd"), "a", measured(1, 1, 1)})))
	files, err := os.ReadDir(dir)
	is.NoErr(err)
	is.Equal(len(files), 2)
	is.Equal(files[0].Name(), historyFile)
	is.Equal(files[1].Name(), markdownFile)
}

func TestFormats(t *testing.T) {
	is := is.New(t)
	is.Equal(whole(1_234_567), "1,235,000")
	is.Equal(whole(98_765), "98,770")
	is.Equal(whole(12.4), "12")
	is.Equal(fine(0.123), "0.12")
	is.Equal(fine(12.34), "12.3")
	is.Equal(fine(1234.5), "1234")
	is.Equal(megabytes(150<<20), "150")
	is.Equal(megabytes(0), none)
}
