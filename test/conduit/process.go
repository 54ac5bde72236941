package conduit

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// Process is a process that was started here.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // of Wait; read it after done
}

// Start starts a command in a process group of its own, so that Ctrl-C in a terminal
// does not reach it: whoever starts it stops it. On Linux it is killed if this process
// dies before that.
func Start(cmd *exec.Cmd) (*Process, error) {
	ownGroup(cmd)
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		defer close(p.done)
		// Linux binds the parent-death signal to the thread that starts a process.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
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

// PID identifies the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Ended reports whether the process has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Err waits for the end of the process and returns its error, an *exec.ExitError unless
// it ended with status 0.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// State waits for the end of the process and returns how it ended.
func (p *Process) State() *os.ProcessState {
	<-p.done
	return p.cmd.ProcessState
}

// Signal sends a signal to the process.
func (p *Process) Signal(sig os.Signal) error { return p.cmd.Process.Signal(sig) }

// Kill ends the process as a machine that fails does, and waits for its end.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// Stop asks the process to end, as Ctrl-C does, waits for its end and returns Err. If it
// does not end within grace it is killed, and the error says so.
func (p *Process) Stop(grace time.Duration) error {
	_ = p.cmd.Process.Signal(os.Interrupt) // it may have ended
	select {
	case <-p.done:
		return p.err
	case <-time.After(grace):
		p.Kill()
		return fmt.Errorf("stop %s: it was killed, as it did not stop within %s", p.cmd.Path, grace)
	}
}
