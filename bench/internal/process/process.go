// Package process measures and ends processes.
package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
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

// Process is one that was started here.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // how it ended; read it after done
}

// Start starts cmd in a process group of its own; it is killed if this process
// dies.
func Start(cmd *exec.Cmd) (*Process, error) {
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		defer close(p.done)
		unlock := ownGroup(cmd)
		defer unlock()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns how the process ended, which it has.
func (p *Process) Err() error { return p.err }

// Usage returns what the process, which runs, has used so far.
func (p *Process) Usage() (Usage, error) { return usageOf(p.cmd.Process.Pid) }

// Stop asks the process to end, as Ctrl-C does, waits for it and kills it if it
// doesn't end within grace.
func (p *Process) Stop(grace time.Duration) {
	_ = p.cmd.Process.Signal(os.Interrupt) // it may have ended
	select {
	case <-p.done:
	case <-time.After(grace):
		_ = p.cmd.Process.Kill() // the same
		<-p.done
	}
}

// parseStat reads the CPU time out of /proc/PID/stat: fields 14 and 15, counted
// from behind the name, which may contain anything.
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
