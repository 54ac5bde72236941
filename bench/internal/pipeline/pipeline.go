// Package pipeline runs whole systems that copy a topic to another one, and
// measures them from outside.
package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/process"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

// Job is what a system shall do.
type Job struct {
	Servers  []string
	Brokers  int
	From, To string // topics; both are there
	Dir      string // for configuration and logs, of this run only
}

// System copies topics.
type System interface {
	// Target is the topic that a job's records go to.
	Target(job Job) string
	// Command writes the configuration for a job and returns what runs it.
	Command(job Job) (*exec.Cmd, error)
}

const (
	// poll is the time between two looks at the end offsets.
	poll = 20 * time.Millisecond
	// patience is how long nothing may arrive until a run counts as stuck.
	patience = 45 * time.Second
	// grace is how long a system may take to stop.
	grace = 5 * time.Second
)

// Limits say when a run ends and what of it counts.
type Limits struct {
	Records int64         // enough of them
	For     time.Duration // long enough, after the warm-up
	WarmUp  time.Duration // after the first record: what doesn't count, unless all is over by then
}

// Run runs a system until the limits and stops it. Count returns how many
// records a topic has; it may fail for as long as there is no topic.
func Run(ctx context.Context, s System, job Job, limits Limits, count func(ctx context.Context, topic string) (int64, error)) (result.Run, error) {
	r := result.Run{Arrived: -1}
	if err := os.MkdirAll(job.Dir, 0o755); err != nil {
		return r, fmt.Errorf("make directory: %w", err)
	}
	cmd, err := s.Command(job)
	if err != nil {
		return r, err
	}
	logName := filepath.Join(job.Dir, "log")
	log, err := os.Create(logName)
	if err != nil {
		return r, fmt.Errorf("make log: %w", err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	w := &watch{limits: limits, began: time.Now(), run: &r}
	p, err := conduit.Start(cmd)
	if err != nil {
		return r, err
	}
	w.usage = func() (process.Usage, error) { return process.UsageOf(p.PID()) }
	err = w.until(ctx, p.Done(), func(ctx context.Context) (int64, error) { return count(ctx, s.Target(job)) })
	_ = p.Stop(grace) // what arrived counts
	if err != nil {
		return r, fmt.Errorf("%w: %s", err, complaint(logName))
	}
	r.Arrived, err = count(ctx, s.Target(job))
	return r, err
}

// ending is how long it takes at most until it is seen that a process has ended.
const ending = 10 * time.Second

// watch measures a process by what arrives.
type watch struct {
	limits Limits
	began  time.Time
	usage  func() (process.Usage, error)
	run    *result.Run

	first  time.Time // when the first record had arrived
	window moment    // the beginning of what counts
	now    moment
	warm   bool // the window begins after the warm-up
}

// moment is what was there at a time.
type moment struct {
	at    time.Time
	count int64
	cpu   time.Duration
}

func (w *watch) until(ctx context.Context, ended <-chan struct{}, count func(context.Context) (int64, error)) error {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	grown := w.began
	byItself := errors.New("it ended by itself")
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ended:
			return byItself
		case <-ticker.C:
		}
		n, err := count(ctx)
		used, usageErr := w.usage()
		if usageErr != nil { // so it is with one that is ending: it has no memory any more
			select {
			case <-ended:
				return byItself
			case <-time.After(ending):
				return usageErr
			}
		}
		at := time.Now()
		if err == nil && n > w.now.count {
			grown = at
			if w.look(moment{at, n, used.CPU}) {
				w.finish(used.PeakRSS)
				return nil
			}
		}
		if at.Sub(grown) > patience {
			return errors.Join(fmt.Errorf("nothing arrived for %s, after %d records", patience, w.now.count), err)
		}
	}
}

// look takes a moment at which there was more than before, and reports whether
// it was the last.
func (w *watch) look(m moment) bool {
	w.now = m
	if w.first.IsZero() {
		w.first, w.window = m.at, m
	}
	since := m.at.Sub(w.first)
	done := m.count >= w.limits.Records || since >= w.limits.WarmUp+w.limits.For
	if !w.warm && !done && since >= w.limits.WarmUp {
		w.warm, w.window = true, m
	}
	return done
}

func (w *watch) finish(peak int64) {
	w.run.Records = w.now.count
	w.run.Timed = w.now.count - w.window.count
	w.run.CPURecords = w.run.Timed
	w.run.Seconds = w.now.at.Sub(w.window.at).Seconds()
	w.run.CPU = (w.now.cpu - w.window.cpu).Seconds()
	w.run.First = w.first.Sub(w.began).Seconds()
	w.run.PeakRSS = peak
}

// complaint returns the end of what a log says of errors, or else its end.
func complaint(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	var last, lastError string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		last = line
		if strings.Contains(line, `"level":"error"`) || strings.Contains(line, " ERROR ") {
			lastError = line
		}
	}
	return conduitError(cmp.Or(lastError, last))
}

// conduitError returns what a line of Conduit's log says, any other as it is.
func conduitError(line string) string {
	var entry struct{ Message, Error string }
	if json.Unmarshal([]byte(line), &entry) != nil {
		return line
	}
	return entry.Message + ": " + entry.Error
}
