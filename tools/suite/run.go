package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// runEverything runs what needs no Kafka and then what does, and beside both what waits.
func runEverything(p plan, o options, out, errOut io.Writer) bool {
	beside := make(chan bool, 1)
	go func() { beside <- runAll(p.patient(o), out, errOut) }()
	fast := runAll(p.fast(o), out, errOut)
	kafka := runWithKafka(p, o, out, errOut)
	return <-beside && fast && kafka
}

// runAll runs commands side by side and reports whether all succeeded. What they print
// goes to out line by line.
func runAll(commands []*exec.Cmd, out, errOut io.Writer) bool {
	var wg sync.WaitGroup
	var failed atomic.Bool
	for _, cmd := range commands {
		cmd.Stderr = errOut
		lines, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			_, _ = io.WriteString(errOut, "run "+cmd.String()+": "+err.Error()+"\n")
			failed.Store(true)
			continue
		}
		wg.Go(func() {
			copyLines(out, lines)
			if cmd.Wait() != nil {
				failed.Store(true)
			}
		})
	}
	wg.Wait()
	return !failed.Load()
}

// wholeWrites lets one Write go through at a time: what several commands print must not
// meet within a line, and a pipe takes long lines in parts.
type wholeWrites struct {
	mu sync.Mutex
	w  io.Writer
}

func (w *wholeWrites) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.w.Write(p)
}

func copyLines(out io.Writer, in io.Reader) {
	for r := bufio.NewReader(in); ; {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			_, _ = out.Write(line)
		}
		if err != nil {
			return
		}
	}
}

// runWithKafka runs what needs a real Kafka. The packages share one, which o.kafka
// starts. Where it can't each package tries for itself: its tests then skip if there
// is nothing to run Kafka with, and fail if there is, or if KAFKA_REQUIRED=1.
func runWithKafka(p plan, o options, out, errOut io.Writer) bool {
	started := filepath.Join("bin", ".kafka-started")
	_ = os.Remove(started) // it need not be there
	self, err := os.Executable()
	if err != nil || o.kafka == "" {
		return runAll(p.withKafka(o), out, errOut)
	}
	args := append([]string{"-nodes", "1", "--", "sh", "-c", `: >"$0"; exec "$@"`, started, self, "-raw", "--"}, o.flags...)
	ok := runAll([]*exec.Cmd{exec.Command(o.kafka, args...)}, out, errOut)
	if _, missing := os.Stat(started); missing == nil || os.Getenv("KAFKA_REQUIRED") == "1" {
		return ok
	}
	return runAll(p.withKafka(o), out, errOut)
}
