package main

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// summary shows what failed and what was skipped, and reports whether anything failed.
func (r *report) summary() (failed bool) {
	r.showSkipped()
	testjson.PrintSummary(r.out, r.results, testjson.SummarizeFailed|testjson.SummarizeErrors|testjson.SummarizeOutput)
	passed, n := 0, len(r.results.Failed())
	for _, name := range r.results.Packages() {
		passed += len(r.results.Package(name).Passed)
	}
	failed = r.failed || n > 0
	if failed && n == 0 {
		n = 1 // what failed is no test: a module's go.mod, or Kafka
		fmt.Fprintln(r.out, "No test failed, but this did:")
		fmt.Fprintln(r.out, strings.Join(r.others, "\n"))
	}
	fmt.Fprintf(r.out, "%d passed, %d failed, %d skipped\n", passed, n, len(r.results.Skipped()))
	return failed
}

// showSkipped counts the skipped tests by their reasons.
func (r *report) showSkipped() {
	count := make(map[string]int)
	for _, t := range r.results.Skipped() {
		count[reason(r.results.OutputLines(t))]++
	}
	if len(count) == 0 {
		return
	}
	fmt.Fprintln(r.out, "\n=== Skipped")
	for _, why := range slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(a, b))
	}) {
		fmt.Fprintf(r.out, "%5d  %s\n", count[why], why)
	}
}

// place is where a test said something: "    file_test.go:12: ".
var place = regexp.MustCompile(`^\s+\S+\.go:\d+: `)

// reason is the last thing that a skipped test said.
func reason(output []string) string {
	for _, line := range slices.Backward(output) {
		if at := place.FindString(line); at != "" {
			return strings.TrimSpace(line[len(at):])
		}
	}
	return "no reason given"
}
