package faults_test

import (
	"os/exec"
	"syscall"
)

// dieWithUs has cmd killed if this process dies without stopping it.
func dieWithUs(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
