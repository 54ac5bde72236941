package broker

import (
	"os"
	"os/exec"
	"path/filepath"
)

// process is a process of its own group.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and was waited for
}

// spawn starts a script of the shell with dir as $0. What it prints is appended to the
// file "log" in dir; when it has ended, "pid" is removed there.
func spawn(dir, script string, args ...string) (*process, error) {
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command("sh", append([]string{"-c", script, dir}, args...)...)
	cmd.Stdout, cmd.Stderr = log, log
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // the status of one that was killed says nothing
		_ = os.Remove(filepath.Join(dir, "pid"))
	}()
	return p, nil
}

// kill ends it at once and waits for its end.
func (p *process) kill() error {
	if err := signalGroup(p.cmd, sigKill); err != nil && !p.exited() {
		return err
	}
	<-p.done
	return nil
}

func (p *process) exited() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}
