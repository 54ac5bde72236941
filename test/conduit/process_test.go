//go:build unix

package conduit_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// run starts a script, and returns once it has printed a line.
func run(t *testing.T, script string) *conduit.Process {
	t.Helper()
	is := is.New(t)
	out, w, err := os.Pipe()
	is.NoErr(err)
	defer out.Close()
	defer w.Close()
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Stdout = w
	p, err := conduit.Start(cmd)
	is.NoErr(err)
	t.Cleanup(p.Kill)
	_, err = out.Read(make([]byte, 8))
	is.NoErr(err)
	return p
}

func TestProcessThatStopsWhenItIsAskedTo(t *testing.T) {
	is := is.New(t)
	p := run(t, `trap "exit 3" INT; echo ready; while :; do sleep 0.05; done`)
	is.Equal(p.Ended(), false)
	err := p.Stop(time.Minute)
	is.Equal(err.Error(), "exit status 3")
	is.Equal(p.Err(), err)
	is.Equal(p.State().ExitCode(), 3)
	is.True(p.Ended())
	is.Equal(p.Stop(time.Minute), err) // again
}

func TestProcessThatDoesNotStopIsKilled(t *testing.T) {
	is := is.New(t)
	p := run(t, `trap "" INT; echo ready; while :; do sleep 0.05; done`)
	err := p.Stop(10 * time.Millisecond)
	expect.Error(t, err, "it was killed, as it did not stop within 10ms")
	is.Equal(p.State().Sys().(syscall.WaitStatus).Signal(), syscall.SIGKILL)
	is.Equal(p.Err().Error(), "signal: killed")
}

func TestProcessHasItsOwnGroup(t *testing.T) {
	is := is.New(t)
	p := run(t, "echo ready; while :; do :; done") // a shell that begins a command may not end by the signal
	group, err := syscall.Getpgid(p.PID())
	is.NoErr(err)
	is.Equal(group, p.PID()) // Ctrl-C goes to the group of the terminal
	is.NoErr(p.Signal(syscall.SIGTERM))
	is.Equal(p.Err().Error(), "signal: terminated")
}

func TestProcessThatCanNotBeStarted(t *testing.T) {
	is := is.New(t)
	_, err := conduit.Start(exec.Command("/nowhere/conduit"))
	is.True(err != nil)
	is.True(strings.HasPrefix(err.Error(), "start /nowhere/conduit: "))
}
