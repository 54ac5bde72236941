// Package process measures processes.
package process

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrUnsupported is what measuring answers on systems other than Linux.
var ErrUnsupported = errors.New("processes are measured on Linux only")

// Usage is what a process has used since its start.
type Usage struct {
	CPU     time.Duration // user and system
	PeakRSS int64         // bytes
}

// UsageOf returns what a process, which runs, has used so far.
func UsageOf(pid int) (Usage, error) { return usageOf(pid) }

// parseStat reads the CPU time out of /proc/PID/stat: fields 14 and 15, counted
// from after the name, which may contain anything.
func parseStat(text string, tick time.Duration) (time.Duration, error) {
	i := strings.LastIndexByte(text, ')')
	fields := strings.Fields(text[i+1:])
	if i < 0 || len(fields) < 13 {
		return 0, fmt.Errorf("read CPU time: %q is no /proc/PID/stat", text)
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	return time.Duration(user+system) * tick, nil
}

// parsePeak reads VmHWM out of /proc/PID/status. ru_maxrss would do less: a
// process inherits it from the one that started it.
func parsePeak(text string) (int64, error) {
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, "VmHWM:")
		if !ok {
			continue
		}
		kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read peak memory: %w", err)
		}
		return kb << 10, nil
	}
	return 0, errors.New("read peak memory: no VmHWM in /proc/PID/status")
}
