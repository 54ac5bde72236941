package conduit

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps the terminal's Ctrl-C from cmd, and has it killed if this
// process dies without stopping it.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
