package faults_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/matryer/is"
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

// conduit is a Conduit that runs one pipeline, and keeps its state in a directory
// from one start to the next.
type conduit struct {
	t    *testing.T
	dir  string
	args []string

	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// newConduit prepares a Conduit for a pipeline file.
func newConduit(t *testing.T, pipeline string) *conduit {
	t.Helper()
	is := is.New(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "pipeline.yaml")
	is.NoErr(os.Mkdir(filepath.Join(dir, "none"), 0o755)) // plugins besides the built-in ones
	is.NoErr(os.WriteFile(file, []byte(pipeline), 0o644))
	c := &conduit{t: t, dir: dir, args: []string{
		"run", "--pipelines.path=" + file, "--pipelines.exit-on-degraded",
		"--db.type=badger", "--db.badger.path=" + filepath.Join(dir, "db"),
		"--connectors.path=" + filepath.Join(dir, "none"), "--processors.path=" + filepath.Join(dir, "none"),
		"--api.enabled=false", "--log.format=json",
	}}
	t.Cleanup(func() {
		if c.cmd != nil {
			_ = c.cmd.Process.Kill() // it has ended, unless the test failed
			<-c.done
		}
		if t.Failed() {
			t.Logf("the end of Conduit's log:\n%s", c.log())
		}
	})
	return c
}

// start starts Conduit, with further arguments.
func (c *conduit) start(args ...string) {
	c.t.Helper()
	is := is.New(c.t)
	path, err := buildConduit()
	is.NoErr(err)
	log, err := os.OpenFile(c.logFile(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	is.NoErr(err)
	defer log.Close()
	c.cmd = exec.Command(path, slices.Concat(c.args, args)...)
	c.cmd.Dir, c.cmd.Stdout, c.cmd.Stderr = c.dir, log, log
	dieWithUs(c.cmd)
	c.done = make(chan struct{})
	started := make(chan error)
	go func(cmd *exec.Cmd, done chan struct{}) {
		defer close(done)
		runtime.LockOSThread() // dieWithUs means the thread that starts the process
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // end looks at its state
		}
	}(c.cmd, c.done)
	is.NoErr(<-started)
}

// end sends a signal and waits for the end of the process.
func (c *conduit) end(sig syscall.Signal) *os.ProcessState {
	c.t.Helper()
	is.New(c.t).NoErr(c.cmd.Process.Signal(sig))
	select {
	case <-c.done:
	case <-time.After(guard):
		_ = c.cmd.Process.Signal(syscall.SIGQUIT) // for its goroutines in the log
		<-c.done
		c.t.Fatalf("Conduit has not ended %s after %s", guard, sig)
	}
	return c.cmd.ProcessState
}

func (c *conduit) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func (c *conduit) logFile() string { return filepath.Join(c.dir, "log") }

func (c *conduit) log() string {
	text, err := os.ReadFile(c.logFile())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(string(text), "\n")
	return strings.Join(lines[max(0, len(lines)-60):], "\n")
}
