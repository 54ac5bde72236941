package faults_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

// buildConduit builds Conduit with the connector, once, and returns its executable.
var buildConduit = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "conduit-")
	if err != nil {
		return "", err
	}
	conduitDir = dir
	path := filepath.Join(dir, "conduit")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = "../../cmd/conduit"
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build Conduit: %w: %s", err, out)
	}
	return path, nil
})

// conduitDir is where buildConduit built, for the suite to remove.
var conduitDir string

// host is a Conduit that runs one pipeline, and keeps its state in a directory
// from one start to the next.
type host struct {
	t   *testing.T
	dir string
	run conduit.Run

	process *conduit.Process // nil before the first start
}

// newConduit prepares a Conduit for a pipeline file.
func newConduit(t *testing.T, pipeline string) *host {
	t.Helper()
	is := is.New(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "pipeline.yaml")
	is.NoErr(os.Mkdir(filepath.Join(dir, "none"), 0o755)) // plugins besides the built-in ones
	is.NoErr(os.WriteFile(file, []byte(pipeline), 0o644))
	none := filepath.Join(dir, "none")
	c := &host{t: t, dir: dir, run: conduit.Run{Pipelines: file, DB: filepath.Join(dir, "db"), Connectors: none, Processors: none}}
	t.Cleanup(func() {
		if c.process != nil {
			c.process.Kill() // it has ended, unless the test failed
		}
		if t.Failed() {
			t.Logf("the end of Conduit's log:\n%s", c.log())
		}
	})
	return c
}

// start starts Conduit, with further arguments.
func (c *host) start(args ...string) {
	c.t.Helper()
	is := is.New(c.t)
	var err error
	c.run.Executable, err = buildConduit()
	is.NoErr(err)
	log, err := os.OpenFile(c.logFile(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	is.NoErr(err)
	defer log.Close()
	cmd := c.run.Command(args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, log, log
	c.process, err = conduit.Start(cmd)
	is.NoErr(err)
}

// end sends a signal and waits for the end of the process.
func (c *host) end(sig syscall.Signal) *os.ProcessState {
	c.t.Helper()
	is.New(c.t).NoErr(c.process.Signal(sig))
	select {
	case <-c.process.Done():
	case <-time.After(guard):
		_ = c.process.Signal(syscall.SIGQUIT) // for its goroutines in the log
		<-c.process.Done()
		c.t.Fatalf("Conduit has not ended %s after %s", guard, sig)
	}
	return c.process.State()
}

func (c *host) ended() bool { return c.process.Ended() }

func (c *host) logFile() string { return filepath.Join(c.dir, "log") }

func (c *host) log() string {
	text, err := os.ReadFile(c.logFile())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(string(text), "\n")
	return strings.Join(lines[max(0, len(lines)-1000):], "\n")
}
