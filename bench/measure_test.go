package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/lab"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// fake is a contender that writes down when it runs.
type fake struct {
	label string
	log   *[]string
	err   error
}

func (f fake) name() string { return f.label }

func (f fake) takes(result.Cell) time.Duration { return time.Second }

func (f fake) prepare(context.Context, *lab.Lab, result.Cell) error {
	*f.log = append(*f.log, "prepare "+f.label)
	return nil
}

func (f fake) run(context.Context, *lab.Lab, result.Cell, int) (result.Run, error) {
	*f.log = append(*f.log, f.label)
	return result.Run{Records: 1}, f.err
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return &bench{
		options:  options{servers: strings.Join(embedded.Start(t, kfake.NumBrokers(1)).ListenAddrs(), ",")},
		progress: io.Discard,
		file:     new(result.File),
		saved:    filepath.Join(t.TempDir(), "out", "bench.json"),
	}
}

func TestContenders_take_turns_after_a_run_that_is_discarded(t *testing.T) {
	is := is.New(t)
	var log []string
	b := newBench(t)
	is.NoErr(b.measure(t.Context(), plan{{result.Cell{Brokers: 1}, []contender{fake{"A", &log, nil}, fake{"B", &log, nil}, fake{"C", &log, nil}}, 4}}))
	is.Equal(strings.Join(log, " "), "prepare B B prepare A A prepare B B prepare C C B C A C A B A B C")
	is.Equal(len(b.file.Measurements), 12)
	is.Equal(b.file.Measurements[11].Round, 4)
	is.NoErr(b.failures())
	saved, err := result.Load(b.saved)
	is.NoErr(err)
	is.Equal(saved.Measurements, b.file.Measurements)
}

func TestA_contender_that_fails_does_not_end_the_run(t *testing.T) {
	is := is.New(t)
	var log []string
	b := newBench(t)
	is.NoErr(b.measure(t.Context(), plan{{result.Cell{Brokers: 1, Part: result.Source}, []contender{fake{"A", &log, errors.New("broken\nbadly")}, fake{"B", &log, nil}}, 2}}))
	is.Equal(strings.Join(log, " "), "prepare B B prepare A A prepare B B B") // not tried again
	err := b.failures()
	is.True(err != nil)
	is.True(strings.Contains(err.Error(), "A: broken; badly"))
}

func TestCells_without_their_cluster_are_left_out(t *testing.T) {
	is := is.New(t)
	var log []string
	b := newBench(t)
	err := b.measure(t.Context(), plan{
		{result.Cell{Brokers: 1}, []contender{fake{"A", &log, nil}}, 1},
		{result.Cell{Brokers: 3}, []contender{fake{"B", &log, nil}}, 1},
	})
	is.True(err != nil)
	is.True(strings.Contains(err.Error(), "cells with 3 brokers are left out: the cluster has 1 brokers, not 3"))
	is.Equal(log, []string{"prepare A", "A"})
}

func TestInterrupted_runs_are_not_measured(t *testing.T) {
	is := is.New(t)
	var log []string
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	stopper := cancelling{fake{"A", &log, nil}, cancel}
	err := b.measure(ctx, plan{{result.Cell{Brokers: 1, Part: result.Growth}, []contender{stopper, fake{"B", &log, nil}}, 2}})
	is.True(errors.Is(err, context.Canceled))
	is.Equal(len(b.file.Measurements), 0)
	is.Equal(log, []string{"prepare A", "A"})
}

type cancelling struct {
	fake
	cancel func()
}

func (c cancelling) run(ctx context.Context, l *lab.Lab, cell result.Cell, round int) (result.Run, error) {
	c.cancel()
	return c.fake.run(ctx, l, cell, round)
}

// The whole program, against an embedded Kafka.
func TestBench_measures_clients_and_renders_again(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program that it runs twice, once with the published connector")
	}
	is := is.New(t)
	t.Setenv("KAFKA_SERVERS", strings.Join(embedded.Start(t, kfake.NumBrokers(1)).ListenAddrs(), ","))
	out, docs := t.TempDir(), t.TempDir()
	var stdout, stderr bytes.Buffer
	err := command(t.Context(), []string{
		"-root=..", "-out=" + out, "-docs=" + docs, "-profiles=" + filepath.Join(out, "profiles"), "-rounds=1", "-scale=0.001", "-for=200ms",
		"-parts=source,late-acks,destination,write-latency,exactly-once,exactly-once-latency", "-match=^100 B, none, 6 partitions, 1 broker", "-contenders=ReadN|default|franz|published, Read|exactlyOnce",
	}, &stdout, &stderr)
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	files, err := filepath.Glob(filepath.Join(out, "*.json"))
	is.NoErr(err)
	is.Equal(len(files), 1)
	f, err := result.Load(files[0])
	is.NoErr(err)
	is.Equal(len(f.Measurements), 5+4+4+2+2+2)
	connectors := map[string]bool{}
	for _, m := range f.Measurements {
		is.Equal(m.Run.Error, "")
		is.True(m.Run.Records > 0)
		if m.Cell.Part != result.ExactlyLatency {
			is.Equal(m.Run.Arrived, m.Run.Records)
		}
		is.True(m.Run.PeakRSS > 0)
		connectors[m.Run.Versions[connectorModule]] = true
	}
	is.Equal(connectors, map[string]bool{"this commit": true, "v0.12.5": true})
	profiles, err := filepath.Glob(filepath.Join(out, "profiles", "*"))
	is.NoErr(err)
	is.Equal(len(profiles), 2*len(f.Measurements))

	var again bytes.Buffer
	is.NoErr(command(t.Context(), []string{"render", "-docs=" + t.TempDir(), files[0]}, &again, io.Discard))
	is.True(strings.HasPrefix(stdout.String(), again.String()))
	is.True(strings.Contains(again.String(), "Noise: a contender against itself"))
	is.NoErr(command(t.Context(), []string{"compare", files[0], files[0]}, &again, io.Discard))
}

func TestBench_says_what_is_wrong(t *testing.T) {
	is := is.New(t)
	for text, args := range map[string][]string{
		"nothing to run": {"-match=nothing"},
		"render: give":   {"render"},
		"load results":   {"render", "no such file"},
	} {
		err := command(t.Context(), args, io.Discard, io.Discard)
		is.True(err != nil)
		is.True(strings.Contains(err.Error(), text))
	}
}
