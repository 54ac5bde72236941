package main

import (
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/cmd/internal/stats"
)

// result is what was measured in one architecture.
type result struct {
	options
	arch    string
	took    time.Duration
	endings map[string]int // how often Conduit was ended, and how
	leaders int            // how many were killed
	back    []restart
	stops   []time.Duration
	account
}

// restart is how long it took until a record came, since the source was opened and since
// the process was started; early, if the life before ended early.
type restart struct {
	early           bool
	opened, started time.Duration
}

func (r *result) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer w.Flush()
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%s\t"+format+"\n", append([]any{name}, args...)...)
	}
	line("architecture", "%s (seed %d, exactlyOnce %t, %d processes)", r.arch, r.seed, r.exactly, r.processes)
	line("records", "%d in %s", r.written, r.took.Round(time.Second))
	line("ended", "%d by kill, %d by stop, %d frozen; %d leaders killed", r.endings["kill"], r.endings["stop"], r.endings["freeze"], r.leaders)
	line("lost", "%d%s", r.lost, some(r.missing))
	line("twice", "%d", r.twice)
	line("out of order", "%d", r.disorder)
	if r.bad > 0 {
		line("dead letters", "%d of %d that can't be written, %d after them in a batch; %d twice", r.dead, r.written/r.bad, r.deadBeside, r.deadTwice)
	}
	line("repeats per ending", "median %d, max %d", stats.Median(r.repeats), slices.Max(append(r.repeats, 0)))
	for _, early := range []bool{false, true} {
		var opened, started []time.Duration
		for _, b := range r.back {
			if b.early == early {
				opened, started = append(opened, b.opened), append(started, b.started)
			}
		}
		if len(opened) > 0 {
			line(map[bool]string{false: "back", true: "back after an early ending"}[early], "Open → first record: median %s, max %s; start → first record: median %s, max %s",
				seconds(stats.Median(opened)), seconds(slices.Max(opened)), seconds(stats.Median(started)), seconds(slices.Max(started)))
		}
	}
	if len(r.stops) > 0 {
		line("stop", "median %s, max %s", seconds(stats.Median(r.stops)), seconds(slices.Max(r.stops)))
	}
	fmt.Fprintln(w)
}

// some names the first few of what is missing.
func some(missing []int) string {
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf(": %v", missing[:min(len(missing), 20)])
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
