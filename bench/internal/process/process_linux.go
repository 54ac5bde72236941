package process

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// tick is the unit of /proc/PID/stat, which is the same on every Linux that Go
// runs on.
const tick = 10 * time.Millisecond

func usageOf(pid int) (Usage, error) {
	dir := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return Usage{}, fmt.Errorf("read CPU time: %w", err)
	}
	cpu, err := parseStat(string(stat), tick)
	if err != nil {
		return Usage{}, err
	}
	peak, err := peakOf(dir)
	return Usage{CPU: cpu, PeakRSS: peak}, err
}

// Self returns what this process has used so far.
func Self() (Usage, error) {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return Usage{}, fmt.Errorf("read CPU time: %w", err)
	}
	peak, err := peakOf("/proc/self")
	return Usage{CPU: time.Duration(r.Utime.Nano() + r.Stime.Nano()), PeakRSS: peak}, err
}

func peakOf(dir string) (int64, error) {
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return 0, fmt.Errorf("read peak memory: %w", err)
	}
	return parsePeak(string(status))
}
