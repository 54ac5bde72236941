package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// finish compares the output, prints the summary and returns an error unless
// all records came back.
func (t *trip) finish(ending error, stdout io.Writer) error {
	took := time.Since(t.start)
	c, err := t.compare()
	if err != nil {
		return errors.Join(ending, err)
	}
	interrupted := errors.Is(ending, errInterrupted)
	t.summarize(stdout, c, interrupted)
	for _, e := range c.examples {
		if !interrupted {
			fmt.Fprintf(stdout, "  %s\n", e)
		}
	}
	switch {
	case interrupted:
		fmt.Fprintf(stdout, "\nINTERRUPTED after %s; what was done so far is above.\n", took.Round(time.Millisecond))
		return ending
	case ending != nil:
		fmt.Fprintln(stdout, "\nFAILED:", ending)
		t.showLog(stdout)
		return errors.New("the run did not come to its end")
	case !c.intact():
		fmt.Fprintln(stdout, "\nFAILED: not every record came back as it was generated.")
		t.showLog(stdout)
		return errors.New("the output is not what was generated")
	}
	fmt.Fprintf(stdout, "\nOK: every record came back with its content, in %s.\n", took.Round(time.Millisecond))
	return nil
}

func (t *trip) compare() (comparison, error) {
	f, err := os.Open(t.output.path)
	if errors.Is(err, os.ErrNotExist) {
		return compare(strings.NewReader(""), t.records)
	}
	if err != nil {
		return comparison{}, fmt.Errorf("compare output: %w", err)
	}
	defer f.Close()
	return compare(f, t.records)
}

// summarize prints the counts. After an interruption what has not come back is
// not missing: most of it was not even generated.
func (t *trip) summarize(w io.Writer, c comparison, interrupted bool) {
	row := func(name string, n int64, note string) {
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %-12s %12s  %s", name, thousands(n), note), " "))
	}
	fmt.Fprintln(w)
	row("asked for", int64(t.records), "")
	row("written", t.written.count, rate(&t.written)+", records in the topic")
	row("read back", int64(c.lines), rate(&t.readBack)+", lines in the output")
	if interrupted {
		row("not read yet", max(0, t.written.count-int64(c.distinct(t.records))), "of those written")
	} else {
		row("missing", int64(c.missing), "")
	}
	row("changed", int64(c.changed), "")
	row("duplicated", int64(c.duplicated), "")
	row("out of order", int64(c.misordered), "within a partition")
	t.chart(w)
	fmt.Fprintf(w, `
  Compared: position, key and payload of each record in the output with the
  SHA-256 that Conduit took of them before the Kafka destination; the key in
  Kafka with the record's.
  Output     %s, %s MB
  Pipelines  %s
  Log        %s
  Topic      %s, %s
`, t.output.path, thousands(t.output.bytes/1_000_000), t.path("pipelines.yaml"), t.path("conduit.log"), t.topic, t.kafka.fate())
}

// showLog prints what Conduit said about its failure.
func (t *trip) showLog(w io.Writer) {
	lines, err := logErrors(t.path("conduit.log"), 3)
	if err != nil {
		fmt.Fprintln(w, err)
	}
	for _, l := range lines {
		fmt.Fprintln(w, "  Conduit:", l)
	}
}

func rate(m *meter) string { return thousands(int64(m.rate())) + " records/s" }

// thousands writes n with a comma between each three digits.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
