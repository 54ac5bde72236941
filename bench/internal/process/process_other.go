//go:build !linux

package process

import "os/exec"

func ownGroup(*exec.Cmd) (unlock func()) { return func() {} }

func usageOf(int) (Usage, error) { return Usage{}, ErrUnsupported }

// Self returns what this process has used so far.
func Self() (Usage, error) { return Usage{}, ErrUnsupported }
