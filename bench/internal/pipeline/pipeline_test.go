package pipeline

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/process"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

var start = time.Unix(1_700_000_000, 0)

func at(seconds float64, count int64, cpu float64) moment {
	return moment{start.Add(time.Duration(seconds * float64(time.Second))), count, time.Duration(cpu * float64(time.Second))}
}

// watched is what comes of moments after a start of two seconds.
func watched(limits Limits, moments ...moment) (r result.Run, done int) {
	w := &watch{limits: limits, began: start.Add(-2 * time.Second), run: &r}
	for i, m := range moments {
		if w.look(m) {
			w.finish(1 << 20)
			return r, i + 1
		}
	}
	return r, 0
}

func TestWatch_counts_what_comes_after_the_warm_up(t *testing.T) {
	is := is.New(t)
	r, done := watched(Limits{Records: 1000, For: time.Minute, WarmUp: 2 * time.Second},
		at(0, 10, 1), at(1, 100, 2), at(2, 200, 3), at(4, 1000, 5))
	is.Equal(done, 4)
	is.Equal(r.Records, int64(1000))
	is.Equal(r.Timed, int64(800))
	is.Equal(r.Seconds, 2.0)
	is.Equal(r.CPU, 2.0)
	is.Equal(r.CPURecords, int64(800))
	is.Equal(r.First, 2.0)
	is.Equal(r.Rate(), 400.0)
	is.Equal(r.PeakRSS, int64(1<<20))
}

func TestWatch_counts_all_if_it_is_over_before_the_warm_up(t *testing.T) {
	is := is.New(t)
	r, done := watched(Limits{Records: 1000, For: time.Minute, WarmUp: 2 * time.Second}, at(0, 10, 1), at(1, 1010, 2))
	is.Equal(done, 2)
	is.Equal(r.Timed, int64(1000))
	is.Equal(r.Seconds, 1.0)
}

func TestWatch_counts_all_if_the_moment_after_the_warm_up_is_the_last(t *testing.T) {
	is := is.New(t)
	r, done := watched(Limits{Records: 1000, For: time.Minute, WarmUp: 2 * time.Second}, at(0, 10, 1), at(3, 1000, 2))
	is.Equal(done, 2)
	is.Equal(r.Timed, int64(990))
	is.Equal(r.Seconds, 3.0)
}

func TestWatch_ends_when_the_time_is_over(t *testing.T) {
	is := is.New(t)
	r, done := watched(Limits{Records: 1000, For: 3 * time.Second, WarmUp: 2 * time.Second},
		at(0, 1, 0), at(2, 2, 0), at(4, 3, 0), at(5, 4, 0), at(6, 5, 0))
	is.Equal(done, 4)
	is.Equal(r.Timed, int64(2))
	is.Equal(r.Seconds, 3.0)
}

// shell is a system that is a shell script.
type shell string

func (s shell) Target(job Job) string { return job.To }

func (s shell) Command(Job) (*exec.Cmd, error) { return exec.Command("sh", "-c", string(s)), nil }

func TestRun_measures_until_the_records_are_there(t *testing.T) {
	is := is.New(t)
	var calls atomic.Int64
	r, err := Run(t.Context(), shell("exec sleep 600"), Job{To: "topic", Dir: t.TempDir()}, Limits{Records: 500, For: time.Minute},
		func(_ context.Context, topic string) (int64, error) {
			is.Equal(topic, "topic")
			if calls.Add(1) == 1 {
				return 0, errors.New("no such topic")
			}
			return min(calls.Load()*100, 500), nil
		})
	is.NoErr(err)
	is.Equal(r.Records, int64(500))
	is.Equal(r.Arrived, int64(500))
	is.True(r.PeakRSS > 0)
}

func TestRun_tells_what_the_log_of_a_system_that_ends_says(t *testing.T) {
	none := func(context.Context, string) (int64, error) { return 0, nil }
	for script, want := range map[string]string{
		`echo one; echo; echo two >&2; exit 3`:                                                       "it ended by itself: two",
		`echo 12:00 ERROR Worker bad; echo bye`:                                                      "it ended by itself: 12:00 ERROR Worker bad",
		`echo '{"level":"error","stack":[{"x":1}],"error":"no","message":"failed"}'; echo '{"a":1}'`: "it ended by itself: failed: no",
	} {
		is := is.New(t)
		_, err := Run(t.Context(), shell(script), Job{Dir: t.TempDir()}, Limits{Records: 1}, none)
		is.True(err != nil)
		is.Equal(err.Error(), want)
	}
}

// Between its end and the moment in which that is seen a process has no memory to read.
func TestWatch_tells_that_a_process_ended_though_its_memory_is_gone(t *testing.T) {
	is := is.New(t)
	ended := make(chan struct{})
	w := &watch{limits: Limits{Records: 1}, began: time.Now(), run: new(result.Run), usage: func() (process.Usage, error) {
		close(ended)
		return process.Usage{}, errors.New("no memory")
	}}
	err := w.until(t.Context(), ended, func(context.Context) (int64, error) { return 0, nil })
	is.True(err != nil)
	is.Equal(err.Error(), "it ended by itself")
}

func TestConduit_writes_a_pipeline(t *testing.T) {
	is := is.New(t)
	job := Job{Servers: []string{"a:1", "b:2"}, From: "in", To: "out", Dir: t.TempDir()}
	c := Conduit{Binary: "conduit", V2: true, Destination: map[string]string{"sdk.record.format.options": `{{ printf "%s" .Key }}`}}
	cmd, err := c.Command(job)
	is.NoErr(err)
	is.True(strings.HasSuffix(strings.Join(cmd.Args, " "), "--pipelines.exit-on-degraded --preview.pipeline-arch-v2"))
	text, err := os.ReadFile(filepath.Join(job.Dir, "pipeline.yaml"))
	is.NoErr(err)
	is.Equal(string(text), `version: "2.2"
pipelines:
  - id: copy
    status: running
    connectors:
      - id: from
        type: source
        plugin: builtin:kafka
        settings:
          readFromBeginning: "true"
          servers: "a:1,b:2"
          topics: "in"
      - id: to
        type: destination
        plugin: builtin:kafka
        settings:
          sdk.record.format.options: "{{ printf \"%s\" .Key }}"
          servers: "a:1,b:2"
          topic: "out"
`)
}

func TestMirror_copies_into_a_topic_of_this_job(t *testing.T) {
	is := is.New(t)
	job := Job{Servers: []string{"a:1"}, Brokers: 3, From: "in", To: "out", Dir: t.TempDir()}
	m := Mirror{Jars: "jars", Tasks: 2}
	_, err := m.Command(job)
	is.NoErr(err)
	is.Equal(m.Target(job), "from-out.in")
	text, err := os.ReadFile(filepath.Join(job.Dir, "mirror.properties"))
	is.NoErr(err)
	for _, line := range []string{"tasks.max=2", "source.cluster.alias=from-out", "topics=in", "replication.factor=3"} {
		is.True(strings.Contains("\n"+string(text), "\n"+line+"\n"))
	}
}
