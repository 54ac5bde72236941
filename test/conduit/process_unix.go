//go:build unix && !linux

package conduit

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps the terminal's Ctrl-C from cmd.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
