package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// describeMachine says what it can find out; what it can't is "unknown".
func describeMachine(ctx context.Context, root string) result.Machine {
	m := result.Machine{
		CPU:    field("/proc/cpuinfo", "model name", ":"),
		Cores:  runtime.NumCPU(),
		OS:     strings.Trim(field("/etc/os-release", "PRETTY_NAME", "="), `"`),
		Kernel: runtime.GOOS + "/" + runtime.GOARCH,
		Go:     runtime.Version(),
		Commit: commit(ctx, root),
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel += " " + strings.TrimSpace(string(text))
	}
	kb, _ := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", "MemTotal", ":"), " kB"), 10, 64)
	m.MemoryMB = kb >> 10
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load, _ = strconv.ParseFloat(strings.Fields(string(text))[0], 64)
	}
	if out, err := exec.CommandContext(ctx, "java", "-version").CombinedOutput(); err == nil {
		m.Java, _, _ = strings.Cut(string(out), "\n")
	}
	return m
}

// field returns the value of the first line that starts with name.
func field(file, name, separator string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	return fieldOf(string(text), name, separator)
}

func fieldOf(text, name, separator string) string {
	for line := range strings.Lines(text) {
		k, v, ok := strings.Cut(line, separator)
		if ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}

// commit is this repository's, with a word on changes that are not in it.
func commit(ctx context.Context, root string) string {
	hash, err := run(ctx, root, "git", "rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "unknown"
	}
	changed, err := run(ctx, root, "git", "status", "--porcelain", "--untracked-files=no")
	if err != nil || changed != "" {
		return strings.TrimSpace(hash) + " with changes"
	}
	return strings.TrimSpace(hash)
}
