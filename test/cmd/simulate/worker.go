package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// job is what a worker is asked for: a seed, with all its events or only some.
type job struct {
	Seed uint64
	Only []int // nil: all
	Log  bool
}

// result is what a worker answers.
type result struct {
	Seed      uint64
	Wrong     []string
	Events    []string
	Simulated time.Duration
	Requests  int
	Written   int
	Read      int
	Log       string
}

func (r result) String() string {
	if len(r.Wrong) == 0 {
		return fmt.Sprintf("seed %d: %s simulated, %d requests, %d records written, %d read", r.Seed, r.Simulated.Round(time.Millisecond), r.Requests, r.Written, r.Read)
	}
	return fmt.Sprintf("seed %d FAILS: %s", r.Seed, strings.Join(r.Wrong, "\n    "))
}

func (r *result) add(x result) {
	r.Simulated += x.Simulated
	r.Requests += x.Requests
	r.Written += x.Written
	r.Read += x.Read
}

// worker is a process that runs one seed after the other. A seed that brings it down
// has failed; the next one gets another process.
type worker struct {
	binary   string
	patience time.Duration

	cmd     *exec.Cmd
	jobs    io.WriteCloser
	results *bufio.Reader
	errors  *tail
}

func (w *worker) start() error {
	w.cmd = exec.Command(w.binary, "-test.run", "^TestWorker$", "-test.timeout", "0")
	// With one processor a run is faster than with two, and more often the same again.
	w.cmd.Env = append(os.Environ(), "SIMULATION_WORKER=1", "GOMAXPROCS=1", "GOTRACEBACK=all")
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt is for this process alone
	w.errors = new(tail)
	w.cmd.Stderr = w.errors
	var err error
	if w.jobs, err = w.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	w.results = bufio.NewReader(out)
	return w.cmd.Start()
}

func (w *worker) end() {
	if w.cmd != nil {
		_ = w.jobs.Close()
		_ = w.cmd.Wait() // what it had to say it has said
		w.cmd = nil
	}
}

func (w *worker) do(j job) result {
	if w.cmd == nil {
		if err := w.start(); err != nil {
			return result{Seed: j.Seed, Wrong: []string{err.Error()}}
		}
	}
	line, err := json.Marshal(j)
	if err == nil {
		_, err = w.jobs.Write(append(line, '\n'))
	}
	hung := false
	watchdog := time.AfterFunc(w.patience, func() {
		hung = true
		_ = w.cmd.Process.Signal(syscall.SIGQUIT) // it shows its goroutines and ends
	})
	defer watchdog.Stop()
	var r result
	for err == nil {
		var text string
		text, err = w.results.ReadString('\n')
		if after, ok := strings.CutPrefix(text, "EVENTS "); ok {
			err = json.Unmarshal([]byte(after), &r.Events)
		}
		if after, ok := strings.CutPrefix(text, "RESULT "); ok {
			events := r.Events
			err = json.Unmarshal([]byte(after), &r)
			r.Events = events
			if err == nil {
				return r
			}
		}
	}
	w.end()
	return result{Seed: j.Seed, Events: r.Events, Wrong: []string{w.errors.reason(hung)}, Log: w.errors.String()}
}

// tail keeps what a process writes to its standard error, the beginning above all.
type tail struct {
	mu   sync.Mutex
	text strings.Builder
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text.Len() < 4<<20 {
		t.text.Write(b)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// reason says why a process died. One that hangs on the clock on the wall has a
// goroutine that waits for a lock whose holder waits for time to pass.
func (t *tail) reason(hung bool) string {
	stacks := strings.Split(t.String(), "\n\n")
	if !hung {
		first := stacks[0]
		if len(stacks) > 1 {
			first += "\n" + stacks[1]
		}
		return "the process dies: " + ours(first, 20)
	}
	for _, s := range stacks {
		head, _, _ := strings.Cut(s, "\n")
		if strings.Contains(head, "sync.Mutex.Lock") || strings.Contains(head, "sync.RWMutex") {
			return "the process hangs: a lock is held while its holder waits: " + ours(s, 30)
		}
	}
	return "the process hangs, or spins"
}

// ours leaves the first line of a stack, and the functions of this module in it.
func ours(stack string, n int) string {
	lines := strings.Split(stack, "\n")
	out := lines[:1:1]
	for _, line := range lines[1:] {
		if strings.HasPrefix(line, "\t") || !strings.Contains(line, "conduit-connector-kafka") && !strings.HasPrefix(line, "panic") {
			continue
		}
		if line, _, _ = strings.Cut(line, "(0x"); len(out) < n {
			out = append(out, strings.ReplaceAll(line, "github.com/conduitio/conduit-connector-kafka", ""))
		}
	}
	return strings.Join(out, " < ")
}
