package broker

import (
	"fmt"
	"io"
	"os/exec"
)

// watchdog is a shell outside this process's group whose standard input is a
// pipe from this process. The pipe closes when close is called, and also when
// this process panics, times out or is killed: then, whatever the reason, the
// shell ends the nodes and removes the directory. A parent-death signal would
// do less: it is Linux's own, comes when the starting thread ends, and leaves
// directories and containers behind.
type watchdog struct {
	cmd   *exec.Cmd
	stdin io.Closer
}

// killNodes is the watchdog's script where nodes, and ZooKeeper, are processes: each
// one's process group lies in a file of its own.
const killNodes = `for f in "$0"/node-*/pid; do [ -f "$f" ] && kill -s KILL -- "-$(cat "$f")"; done`

// watch starts a watchdog that runs script, with dir as $0, and then removes
// dir. A node that was killed a moment ago may still create a file, hence twice.
func watch(dir, script string) (*watchdog, error) {
	script = "trap '' INT TERM HUP; cat >/dev/null; " + script + `; rm -rf "$0" || { sleep 1; rm -rf "$0"; }`
	cmd := exec.Command("sh", "-c", script, dir)
	ownGroup(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start watchdog: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start watchdog: %w", err)
	}
	return &watchdog{cmd: cmd, stdin: stdin}, nil
}

// close lets the watchdog do its work and waits until it is done.
func (w *watchdog) close() error {
	_ = w.stdin.Close()
	if err := w.cmd.Wait(); err != nil {
		return fmt.Errorf("clean up after Kafka: %w", err)
	}
	return nil
}
