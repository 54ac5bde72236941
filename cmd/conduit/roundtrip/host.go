package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// stopTimeout is how long Conduit may take to stop its pipelines. It covers the
// destination's deliveryTimeout. Conduit v0.14.0 would wait forever if writing
// failed in its second architecture: it doesn't tear down the source then.
const stopTimeout = 15 * time.Second

// host is a running Conduit process. Ctrl-C in the terminal doesn't reach it:
// who started it stops it.
type host struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	err  error         // how it ended; read it after done
}

func startHost(cmd *exec.Cmd) (*host, error) {
	ownGroup(cmd)
	h := &host{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		defer close(h.done)
		// Linux binds the parent-death signal to the thread that starts a process.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			h.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start Conduit: %w", err)
	}
	return h, nil
}

// stop ends Conduit as Ctrl-C would, waits for it and returns how it ended. If
// it takes too long it is killed. It may be called again.
func (h *host) stop() error {
	_ = h.cmd.Process.Signal(os.Interrupt) // it may have ended
	select {
	case <-h.done:
	case <-time.After(stopTimeout):
		_ = h.cmd.Process.Kill() // the same
		<-h.done
		return fmt.Errorf("stop Conduit: it was killed, as it did not stop within %s", stopTimeout)
	}
	return h.ended()
}

// ended returns how Conduit ended, which it has.
func (h *host) ended() error {
	var exit *exec.ExitError
	if errors.As(h.err, &exit) {
		return fmt.Errorf("run Conduit: it ended with %s", exit.ProcessState)
	}
	return h.err
}
