package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// showRunning says what is running whenever nothing has been shown for a while.
func (r *report) showRunning(stop <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		r.mu.Lock()
		quiet, running := time.Since(r.last) >= silent, r.longestLocked(3)
		r.mu.Unlock()
		if quiet && running != "" {
			r.show("...", "running: "+running)
		} else if quiet {
			r.show("...", "building")
		}
	}
}

// longestLocked names what has been running for the longest: tests, and no package or test
// of which a test is named already.
func (r *report) longestLocked(n int) string {
	names := slices.SortedFunc(maps.Keys(r.running), func(a, b string) int {
		return cmp.Or(r.running[a].Compare(r.running[b]), cmp.Compare(a, b))
	})
	var out []string
	for _, name := range names {
		within := slices.ContainsFunc(names, func(other string) bool {
			return strings.HasPrefix(other, name+" ") || strings.HasPrefix(other, name+"/")
		})
		if !within && len(out) < n {
			out = append(out, fmt.Sprintf("%s (%.0fs)", name, time.Since(r.running[name]).Seconds()))
		}
	}
	return strings.Join(out, ", ")
}
