package conduit

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// Main is for the TestMain of a package whose tests run executables that take long to build:
// unless only short tests are to run, it makes a directory, names it in dir, runs the commands
// that builds returns, and after the tests stop, if that is not nil.
func Main(m *testing.M, dir *string, builds func(dir string) []*exec.Cmd, stop func() error) {
	flag.Parse()
	if testing.Short() {
		os.Exit(m.Run())
	}
	os.Exit(buildAndRun(m, dir, builds, stop))
}

func buildAndRun(m *testing.M, dir *string, builds func(dir string) []*exec.Cmd, stop func() error) int {
	into, err := os.MkdirTemp("", "conduit")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(into)
	for _, build := range builds(into) {
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", build, err)
			return 1
		}
	}
	*dir = into
	code := m.Run()
	if stop != nil {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	return code
}
