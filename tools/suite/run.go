package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// runAll runs commands side by side and reports whether all succeeded. Their lines
// stay whole.
func runAll(commands []*exec.Cmd, out, errOut io.Writer) bool {
	var mu sync.Mutex
	var wg sync.WaitGroup
	ok := true
	for _, cmd := range commands {
		cmd.Stderr = errOut
		lines, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			mu.Lock()
			_, _ = io.WriteString(errOut, "run "+cmd.String()+": "+err.Error()+"\n")
			ok = false
			mu.Unlock()
			continue
		}
		wg.Go(func() {
			copyLines(&mu, out, lines)
			err := cmd.Wait()
			mu.Lock()
			ok = ok && err == nil
			mu.Unlock()
		})
	}
	wg.Wait()
	return ok
}

func copyLines(mu *sync.Mutex, out io.Writer, in io.Reader) {
	for r := bufio.NewReader(in); ; {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			mu.Lock()
			_, _ = out.Write(line)
			mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}

// runWithKafka runs what needs a real Kafka. The packages share one, which o.kafka
// starts. Where it can't each package tries for itself: its tests then skip if there
// is nothing to run Kafka with, and fail if there is, or if KAFKA_REQUIRED=1.
func runWithKafka(p plan, o options, out, errOut *os.File) bool {
	started := filepath.Join("bin", ".kafka-started")
	_ = os.Remove(started) // it need not be there
	self, err := os.Executable()
	if err != nil || o.kafka == "" {
		return runAll(p.withKafka(o), out, errOut)
	}
	args := append([]string{"-nodes", "1", "--", "sh", "-c", `: >"$0"; exec "$@"`, started, self, "-raw", "--"}, o.flags...)
	cmd := exec.Command(o.kafka, args...)
	cmd.Stdout, cmd.Stderr = out, errOut
	err = cmd.Run()
	if _, missing := os.Stat(started); missing == nil || os.Getenv("KAFKA_REQUIRED") == "1" {
		return err == nil
	}
	return runAll(p.withKafka(o), out, errOut)
}
