package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"gotest.tools/gotestsum/testjson"
)

const (
	slow   = 3 * time.Second  // a test that takes this long is shown
	silent = 20 * time.Second // after which the report says what is running
)

// report shows tests as they end. Its methods but summary may be called while events
// come.
type report struct {
	out     io.Writer
	began   time.Time
	results *testjson.Execution
	failed  bool
	others  []string // lines that were none of the tests

	mu      sync.Mutex
	running map[string]time.Time // tests and packages, since when
	last    time.Time            // when something was shown
}

func newReport(out io.Writer) *report {
	return &report{out: out, began: time.Now(), last: time.Now(), running: make(map[string]time.Time)}
}

// stage shows what run prints; run reports whether its commands succeeded.
func (r *report) stage(run func(out, errOut io.Writer) bool) {
	stop := make(chan struct{})
	defer close(stop)
	go r.showRunning(stop)
	ok, err := r.scan(run)
	if err != nil {
		r.show("FAIL", "read the output of the tests: "+err.Error())
	}
	r.failed = r.failed || !ok || err != nil
}

func (r *report) scan(run func(out, errOut io.Writer) bool) (ok bool, err error) {
	out, outEnd, err := os.Pipe()
	if err != nil {
		return false, err
	}
	errOut, errEnd, err := os.Pipe()
	if err != nil {
		return false, err
	}
	done := make(chan bool, 1)
	go func() {
		ok := run(&wholeWrites{w: outEnd}, errEnd)
		_ = outEnd.Close()
		_ = errEnd.Close()
		done <- ok
	}()
	var others sync.WaitGroup
	others.Go(func() {
		for lines := bufio.NewScanner(errOut); lines.Scan(); {
			_ = r.Err(lines.Text()) // it returns none
		}
		_, _ = io.Copy(io.Discard, errOut) // a line that is too long would block the commands
	})
	r.results, err = testjson.ScanTestOutput(testjson.ScanConfig{
		Stdout: out, Handler: r, Execution: r.results, IgnoreNonJSONOutputLines: true,
	})
	_, _ = io.Copy(io.Discard, out)
	others.Wait()
	return <-done, err
}

// Event implements testjson.EventHandler.
func (r *report) Event(e testjson.TestEvent, results *testjson.Execution) error {
	name := short(e.Package)
	if e.Test != "" {
		name += " " + e.Test
	}
	r.mu.Lock()
	switch {
	case e.Action.IsTerminal():
		delete(r.running, name)
	case e.Action == testjson.ActionRun || e.Action == testjson.ActionCont || e.Action == "start":
		r.running[name] = time.Now()
	case e.Action == testjson.ActionPause:
		delete(r.running, name)
	}
	r.mu.Unlock()
	if !e.Action.IsTerminal() {
		return nil
	}
	took := time.Duration(e.Elapsed * float64(time.Second))
	switch {
	case e.Test == "":
		r.ended(e, results.Package(e.Package), took)
	case e.Action == testjson.ActionFail:
		r.show(word(e.Action), fmt.Sprintf("%s (%.1fs)", name, took.Seconds()))
		r.showOutput(results, e)
	case took >= slow && !strings.Contains(e.Test, "/"):
		r.show(word(e.Action), fmt.Sprintf("%s (%.1fs)", name, took.Seconds()))
	}
	return nil
}

// showOutput shows at once what a test said that failed: the summary may be minutes away.
func (r *report) showOutput(results *testjson.Execution, e testjson.TestEvent) {
	p := results.Package(e.Package)
	for _, t := range p.Failed {
		if t.Test.Name() != e.Test {
			continue
		}
		for _, line := range p.OutputLines(t) {
			fmt.Fprint(r.out, "            ", line)
		}
	}
}

// ended shows the end of a package.
func (r *report) ended(e testjson.TestEvent, p *testjson.Package, took time.Duration) {
	text := short(e.Package)
	if n := p.Total; n > 0 {
		text += ": " + counted(n, "test")
	}
	if n := len(p.Skipped); n > 0 {
		text += fmt.Sprintf(", %d skipped", n)
	}
	if n := len(p.Failed); n > 0 {
		text += fmt.Sprintf(", %d failed", n)
	}
	r.show(word(e.Action), text+fmt.Sprintf(" (%.1fs)", took.Seconds()))
}

// Err implements testjson.EventHandler: a line that is none of the tests.
func (r *report) Err(text string) error {
	r.others = append(r.others, text)
	r.show("", text)
	return nil
}

func (r *report) show(word, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = time.Now()
	since := time.Since(r.began)
	fmt.Fprintf(r.out, "%2d:%02d  %-4s  %s\n", int(since.Minutes()), int(since.Seconds())%60, word, text)
}

func word(a testjson.Action) string {
	switch a {
	case testjson.ActionPass:
		return "ok"
	case testjson.ActionSkip:
		return "skip"
	}
	return "FAIL"
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// short is the path of a package within the repository.
func short(pkg string) string {
	const root = "github.com/conduitio/conduit-connector-kafka"
	if pkg == root {
		return "."
	}
	return strings.TrimPrefix(pkg, root+"/")
}
