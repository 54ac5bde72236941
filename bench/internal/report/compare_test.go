package report

import (
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// runOf is a run of the benchmark in which the connector reads at a rate, its twin at
// another, and franz-go at a third.
func runOf(connector, twin, franz float64) *result.File {
	c := cellOf(result.Source, 100, "none")
	return fileOf(
		entry{c, result.ConnectorReadN, measured(connector, 1, 1)},
		entry{c, result.Again(result.ConnectorReadN), measured(twin, 1, 1)},
		entry{c, result.FranzPoll, measured(franz, 1, 1)})
}

func TestCompare_counts_cells_that_are_slower_than_noise(t *testing.T) {
	for name, c := range map[string]struct {
		before, after *result.File
		slower        int
		verdict       string
	}{
		"the same":                        {runOf(100, 100, 100), runOf(100, 100, 100), 0, "same"},
		"slower":                          {runOf(100, 100, 100), runOf(80, 80, 100), 2, "SLOWER"},
		"faster":                          {runOf(100, 100, 100), runOf(150, 150, 100), 0, "faster"},
		"little slower":                   {runOf(100, 100, 100), runOf(96, 96, 100), 0, "same"},
		"within what twins differ before": {runOf(100, 75, 100), runOf(80, 80, 100), 0, "same"},
		"within what twins differ after":  {runOf(80, 80, 100), runOf(70, 95, 100), 0, "same"},
		"with the machine":                {runOf(100, 100, 100), runOf(50, 50, 50), 0, "same"},
		"though the machine is faster":    {runOf(100, 100, 100), runOf(100, 100, 200), 2, "SLOWER"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			var out strings.Builder
			slower, err := Compare(&out, c.before, c.after)
			is.NoErr(err)
			t.Log(out.String())
			is.Equal(slower, c.slower)
			is.True(strings.Contains(out.String(), c.verdict))
			is.True(!strings.Contains(out.String(), "franz-go, poll"))
		})
	}
}

func TestCompare_takes_a_longer_time_of_a_call_as_slower(t *testing.T) {
	is := is.New(t)
	run := func(p50 float64) *result.File {
		return fileOf(entry{cellOf(result.WriteLatency, 100, "none"), result.ConnectorPayload, latencyRun(p50, 2*p50)})
	}
	var out strings.Builder
	slower, err := Compare(&out, run(100), run(150))
	is.NoErr(err)
	is.Equal(slower, 1)
	slower, err = Compare(&out, run(150), run(100))
	is.NoErr(err)
	is.Equal(slower, 0)
}

func TestCompare_names_what_only_one_run_has(t *testing.T) {
	is := is.New(t)
	common, old, added := cellOf(result.Source, 100, "none"), cellOf(result.Source, 1000, "none"), cellOf(result.ExactlyOnce, 100, "none")
	before := fileOf(entry{common, result.ConnectorReadN, measured(100, 1, 1)}, entry{old, result.ConnectorReadN, measured(9, 1, 1)},
		entry{old, result.FranzPoll, measured(9, 1, 1)})
	after := fileOf(entry{common, result.ConnectorReadN, measured(100, 1, 1)}, entry{added, result.ConnectorExactly, measured(1, 1, 1)})
	var out strings.Builder
	slower, err := Compare(&out, before, after)
	is.NoErr(err)
	is.Equal(slower, 0)
	_, only, _ := strings.Cut(out.String(), "\nOnly")
	is.Equal("Only"+only, `Only before, so not compared:
  source: 1 KB, none, 6 partitions, 1 broker  connector, ReadN + Ack

Only after, so not compared:
  exactly-once: 100 B, none, 6 partitions, 1 broker  connector, value.format=payload, exactlyOnce
`)
}

func TestCompare_counts_what_fails_since(t *testing.T) {
	is := is.New(t)
	c := cellOf(result.Source, 1000, "none")
	failed := fileOf(entry{c, result.ConnectorReadN, result.Run{Error: "x"}})
	measured := fileOf(entry{c, result.ConnectorReadN, measured(1, 1, 1)})
	var out strings.Builder
	slower, err := Compare(&out, measured, failed)
	is.NoErr(err)
	is.Equal(slower, 1)
	t.Log(out.String())
	is.True(strings.Contains(out.String(), "FAILED"))
	_, err = Compare(&out, failed, measured)
	is.True(err != nil) // nothing to compare
	is.True(strings.Contains(err.Error(), "no cell of the connector in common"))
}

func TestCompare_refuses_runs_that_have_nothing_in_common(t *testing.T) {
	is := is.New(t)
	other := fileOf(entry{cellOf(result.Source, 1000, "none"), result.ConnectorReadN, measured(1, 1, 1)})
	_, err := Compare(new(strings.Builder), runOf(1, 1, 1), other)
	is.True(err != nil)
}
