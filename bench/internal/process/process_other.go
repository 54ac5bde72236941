//go:build !linux

package process

func usageOf(int) (Usage, error) { return Usage{}, ErrUnsupported }

// Self returns what this process has used so far.
func Self() (Usage, error) { return Usage{}, ErrUnsupported }
