package main

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/lab"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/report"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

func planOf(t *testing.T, args ...string) plan {
	t.Helper()
	o, err := parseOptions(args, io.Discard)
	is.New(t).NoErr(err)
	return newPlan(o)
}

func TestDefaultPlan_takes_25_minutes_at_most(t *testing.T) {
	is := is.New(t)
	took := planOf(t).takes()
	t.Log(took)
	is.True(took <= 25*time.Minute)
	is.True(took > 10*time.Minute) // or the estimate is wrong
}

func TestQuickPlan_takes_five_minutes_and_leaves_the_documents(t *testing.T) {
	is := is.New(t)
	took := planOf(t, "-cells=quick").takes()
	t.Log(took)
	is.True(took <= 5*time.Minute)
	for args, docs := range map[string]string{"-cells=quick": "", "-cells=quick -docs=d": "d", "-cells=default": "docs"} {
		o, err := parseOptions(strings.Fields(args), io.Discard)
		is.NoErr(err)
		is.Equal(o.docs, docs)
	}
}

func TestDefaultPlan_measures_all_that_the_targets_need(t *testing.T) {
	is := is.New(t)
	f := new(result.File)
	for _, g := range planOf(t) {
		for _, c := range g.contenders {
			r := result.Run{Timed: 10, Seconds: 1, CPU: 1, CPURecords: 10, PeakRSS: 1 << 20, Arrived: -1,
				Latency: &result.Latency{Samples: 1000, P50: 1, P99: 1}}
			f.Measurements = append(f.Measurements, result.Measurement{Cell: g.cell, Contender: c.name(), Run: r})
		}
	}
	var out bytes.Buffer
	is.NoErr(report.Print(&out, f))
	is.True(strings.Contains(out.String(), "met"))
	is.True(!strings.Contains(out.String(), "not measured"))
	is.True(strings.Contains(out.String(), "Noise"))
	for _, row := range []string{"1 partition ", "6 partitions", "48 partitions", "1,000,000 records", "5,000,000 records", "20,000,000 records"} {
		is.Equal(strings.Count(out.String(), "\n  reading, "+row), 1)
		is.Equal(strings.Count(out.String(), "\n  writing, "+row), 1)
	}
}

func TestFullPlan_has_all_sizes_codecs_partitions_and_brokers(t *testing.T) {
	is := is.New(t)
	p := planOf(t, "-cells=full", "-parts=source,destination")
	is.Equal(len(p), 2*len(sizes)*len(codecs)*len(partitions)*len(brokers))
	is.Equal(p[0].cell.Brokers, 1)
	is.Equal(p[len(p)-1].cell.Brokers, 3)
	is.True(slices.IsSortedFunc(p, func(a, b group) int { return a.cell.Brokers - b.cell.Brokers }))
}

func TestPlan_is_what_the_flags_select(t *testing.T) {
	is := is.New(t)
	p := planOf(t, "-parts=source", "-match=^100 B, none, 6 partitions, 1 broker", "-contenders=franz|ReadN", "-rounds=7", "-scale=0.5")
	is.Equal(len(p), 1)
	is.Equal(p[0].rounds, 7)
	is.Equal(p[0].cell.Records, int64(1_500_000))
	var names []string
	for _, c := range p[0].contenders {
		names = append(names, c.name())
	}
	is.Equal(names, []string{result.ConnectorReadN, result.FranzPoll, result.FranzRecords, result.Again(result.ConnectorReadN)})
	is.Equal(len(planOf(t, "-match=no such cell")), 0)
	is.Equal(planOf(t, "-parts=growth", "-scale=0.0000001")[0].cell.Records, int64(fewest))
}

func TestPlan_selects_from_each_group_by_itself(t *testing.T) {
	is := is.New(t)
	for _, g := range planOf(t, "-parts=source", "-contenders=kafka-go") {
		is.Equal(len(g.contenders), 1)
		is.Equal(g.contenders[0].name(), result.ReaderFetch)
	}
}

func TestLateAcks_have_acks_at_once_beside_them(t *testing.T) {
	is := is.New(t)
	p := planOf(t, "-parts=late-acks", "-for=1200ms")
	is.Equal(len(p), 1)
	is.Equal(p[0].cell.String(), "100 B, none, 6 partitions, 1 broker")
	is.True(readsTopic(p[0].cell.Part))
	want := [][]string{
		nil,
		{"-ack-every=1s", "-keep-only"},
		{"-ack-every=1s"},
		{"-ack-every=1s", "-set=maxUncommitted=100000"},
	}
	is.Equal(len(p[0].contenders), len(want))
	for i, c := range p[0].contenders {
		client, ok := c.(*client)
		is.True(ok)
		args, err := client.arguments(&lab.Lab{Servers: []string{"a:1"}}, p[0].cell, 1, nil)
		is.NoErr(err)
		is.Equal(args, append([]string{"-role=source", "-client=connector", "-servers=a:1", "-codec=none", "-size=100",
			"-for=2s", "-records=8000000"}, want[i]...)) // whole seconds
	}
}

func TestExactlyOnce_has_the_same_without_and_another_client_beside_it(t *testing.T) {
	is := is.New(t)
	for _, cells := range []string{"default", "quick"} {
		p := planOf(t, "-cells="+cells, "-parts=exactly-once,exactly-once-latency", "-for=1s")
		want := []result.Cell{cell(result.ExactlyOnce, 100, "none", 6, 1), cell(result.ExactlyLatency, 100, "none", 6, 1)}
		if cells == "default" {
			want = append(want, cell(result.ExactlyOnce, 100, "none", 6, 3), cell(result.ExactlyLatency, 100, "none", 6, 3))
		}
		is.Equal(len(p), len(want))
		for i, g := range p {
			is.Equal(g.cell, want[i])
			role, names := "destination", []string{result.ConnectorExactly, result.FranzExactly, result.ConnectorPayload}
			if g.cell.Part == result.ExactlyLatency {
				role, names = "exactly-once-latency", names[:2]
			}
			var got []string
			for _, c := range g.contenders {
				got = append(got, c.name())
			}
			is.Equal(got, names)
			args, err := g.contenders[0].(*client).arguments(&lab.Lab{Servers: []string{"a:1"}}, g.cell, 1, nil)
			is.NoErr(err)
			is.Equal(strings.Join(args, " "), "-role="+role+" -client=connector -servers=a:1 -codec=none -size=100 -for=1s -set=value.format=payload -exactly-once")
		}
	}
}

func TestWarmUp_is_the_first_of_its_kind_in_a_cluster_and_of_the_second_contender(t *testing.T) {
	is := is.New(t)
	p := planOf(t)
	got := make(map[string]int)
	for i, g := range p {
		w, ok := p.warmUp(i)
		if !ok {
			continue
		}
		is.Equal(len(w.contenders), 1)
		is.Equal(w.contenders[0].name(), g.contenders[1].name())
		got[string(w.cell.Part)+", "+result.Plural(w.cell.Brokers, "broker")]++
		if w.cell.Part == result.ReadLatency {
			is.Equal(w.cell.Rate, 50_000) // few records warm nothing
			is.Equal(w.rounds, 2)
		} else {
			is.Equal(w.cell, g.cell)
			is.Equal(w.rounds, 1)
		}
	}
	is.Equal(got, map[string]int{
		"source, 1 broker": 1, "destination, 1 broker": 1, "late-acks, 1 broker": 1, "write-latency, 1 broker": 1,
		"read-latency, 1 broker": 1, "exactly-once, 1 broker": 1, "exactly-once-latency, 1 broker": 1,
		"source, 3 brokers": 1, "destination, 3 brokers": 1, "write-latency, 3 brokers": 1,
		"read-latency, 3 brokers": 1, "exactly-once, 3 brokers": 1, "exactly-once-latency, 3 brokers": 1,
	})
}

func TestWarmUp_needs_others_to_be_fair_to(t *testing.T) {
	p := planOf(t, "-parts=source", "-contenders=kafka-go")
	_, ok := p.warmUp(0)
	is.New(t).True(!ok)
}

func TestShow_prints_cells_contenders_and_time(t *testing.T) {
	is := is.New(t)
	var out bytes.Buffer
	planOf(t, "-parts=read-latency", "-contenders=poll loop", "-match=1 broker, 50,000").show(&out)
	is.Equal(out.String(), "read-latency: 100 B, none, 6 partitions, 1 broker, 50,000/s\n  3 × franz-go, poll loop\nabout 1m0s\n")
}

func TestParseOptions_tells_everything_that_is_wrong(t *testing.T) {
	is := is.New(t)
	_, err := parseOptions([]string{"-cells=some", "-scale=0", "-parts=source,sink", "-match=(", "-contenders=)", "more"}, io.Discard)
	is.True(err != nil)
	for _, part := range []string{`cells: "some"`, "scale and for", `parts: "sink" is unknown: source,`, "missing closing )", "unexpected )", `unknown arguments: ["more"]`} {
		is.True(strings.Contains(err.Error(), part))
	}
}
