//go:build !unix

package broker

import (
	"errors"
	"os/exec"
	"syscall"
)

// Numbers only: without signals there are no nodes to send them to.
const (
	sigKill = syscall.Signal(9)
	sigTerm = syscall.Signal(15)
	sigStop = syscall.Signal(19)
	sigCont = syscall.Signal(18)
)

func ownGroup(*exec.Cmd) {}

func signalGroup(*exec.Cmd, syscall.Signal) error { return errors.ErrUnsupported }
