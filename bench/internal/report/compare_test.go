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

func TestCompare_refuses_runs_that_have_nothing_in_common(t *testing.T) {
	is := is.New(t)
	other := fileOf(entry{cellOf(result.Source, 1000, "none"), result.ConnectorReadN, measured(1, 1, 1)})
	_, err := Compare(new(strings.Builder), runOf(1, 1, 1), other)
	is.True(err != nil)
}
