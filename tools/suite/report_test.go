package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

const root = "github.com/conduitio/conduit-connector-kafka"

// reported is what a report shows of the given events, and whether it found a failure.
func reported(t *testing.T, ok bool, lines ...string) (text string, failed bool) {
	t.Helper()
	var out bytes.Buffer
	r := newReport(&out)
	r.stage(func(stdout, stderr io.Writer) bool {
		for _, line := range lines {
			if !strings.HasPrefix(line, "{") {
				fmt.Fprintln(stderr, line)
				continue
			}
			fmt.Fprintln(stdout, line)
		}
		return ok
	})
	failed = r.summary()
	t.Log(out.String())
	return out.String(), failed
}

// event is one of go test -json.
func event(action, pkg, test, output string, elapsed float64) string {
	return fmt.Sprintf(`{"Time":"2026-01-01T00:00:00Z","Action":%q,"Package":%q,"Test":%q,"Output":%q,"Elapsed":%g}`, action, root+pkg, test, output, elapsed)
}

func expect(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is missing in:\n%s", p, text)
		}
	}
}

func TestReportShowsPackagesAndSlowTests(t *testing.T) {
	text, failed := reported(t, true,
		event("run", "/a", "TestQuick", "", 0), event("pass", "/a", "TestQuick", "", 0.1),
		event("run", "/a", "TestSlow", "", 0), event("pass", "/a", "TestSlow", "", 3),
		event("pass", "/a", "", "", 3.1))
	expect(t, text, "ok    a TestSlow (3.0s)", "ok    a: 2 tests (3.1s)", "\n2 passed, 0 failed, 0 skipped\n")
	if failed || strings.Contains(text, "TestQuick") {
		t.Error("a failure, or a quick test that is shown")
	}
}

func TestReportShowsAFailureAtOnceAndAtTheEnd(t *testing.T) {
	text, failed := reported(t, false,
		event("run", "", "TestX", "", 0), event("output", "", "TestX", "    x_test.go:1: no good\n", 0), event("fail", "", "TestX", "", 0.1),
		event("fail", "", "", "", 0.1), event("run", "/b", "TestY", "", 0), event("pass", "/b", "TestY", "", 0), event("pass", "/b", "", "", 0))
	if !failed || strings.Count(text, "x_test.go:1: no good") != 2 {
		t.Error("no failure, or what the test said is not there twice")
	}
	expect(t, text, "FAIL  . TestX", "\n1 passed, 1 failed, 0 skipped\n")
}

func TestReportCountsSkippedTestsByTheirReasons(t *testing.T) {
	var lines []string
	for _, test := range []string{"TestA", "TestB"} {
		lines = append(lines, event("run", "/a", test, "", 0), event("output", "/a", test, "    a_test.go:12: no Kafka: install it\n", 0), event("skip", "/a", test, "", 0))
	}
	text, failed := reported(t, true, append(lines, event("pass", "/a", "", "", 0))...)
	if failed {
		t.Error("a skipped test is a failure")
	}
	expect(t, text, "    2  no Kafka: install it\n", "\n0 passed, 0 failed, 2 skipped\n")
}

func TestReportFailsThoughNoTestDoes(t *testing.T) {
	text, failed := reported(t, false, "go: errors parsing go.mod", event("run", "/a", "TestA", "", 0), event("pass", "/a", "TestA", "", 0), event("pass", "/a", "", "", 0))
	if !failed {
		t.Error("a command that failed is no failure")
	}
	expect(t, text, "No test failed, but this did:\ngo: errors parsing go.mod", "\n1 passed, 1 failed, 0 skipped\n")
}

func TestReportNamesWhatFailsToBuild(t *testing.T) {
	text, failed := reported(t, false,
		`{"ImportPath":"`+root+`/a","Action":"build-output","Output":"a/a.go:3: undefined: x\n"}`,
		event("fail", "/a", "", "", 0))
	if !failed {
		t.Error("a package that doesn't build is no failure")
	}
	expect(t, text, "a/a.go:3: undefined: x", "0 passed, 1 failed")
}
