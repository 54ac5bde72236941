//go:build unix

package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// TestMain makes the test binary the command itself where a test starts it so.
func TestMain(m *testing.M) {
	if os.Getenv("KAFKA_TEST_COMMAND") == "1" {
		_ = os.Unsetenv("KAFKA_TEST_COMMAND")
		main()
	}
	broker.Main(m)
}

func command(t *testing.T, args ...string) (cmd *exec.Cmd, tmp string) {
	broker.ForTest(t, broker.Options{}) // skips where there is no Kafka
	tmp = t.TempDir()
	cmd = exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "KAFKA_TEST_COMMAND=1", "TMPDIR="+tmp)
	cmd.Stderr = os.Stderr
	return cmd, tmp
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	is.New(t).True(errors.As(err, &exit))
	return exit.ExitCode()
}

func empty(t *testing.T, dir string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	is.New(t).NoErr(err)
	is.New(t).Equal(len(left), 0)
}

func TestCommand_gives_its_cluster_to_a_command_and_exits_as_that_does(t *testing.T) {
	is := is.New(t)
	cmd, tmp := command(t, "-property", "broker.rack=here", "--", "sh", "-c", `echo "$`+broker.ClusterEnv+`"; exit 7`)
	cmd.Stderr = nil
	out, err := cmd.Output()
	is.Equal(exitCode(t, err), 7)
	expect.Text(t, string(out), `"properties":{"broker.rack":"here"}`)
	empty(t, tmp)
}

func TestCommand_passes_on_a_signal_and_leaves_nothing_running(t *testing.T) {
	is := is.New(t)
	cmd, tmp := command(t, "--", "sh", "-c", `trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done`)
	out, err := cmd.StdoutPipe()
	is.NoErr(err)
	is.NoErr(cmd.Start())
	is.True(bufio.NewScanner(out).Scan())
	is.NoErr(cmd.Process.Signal(syscall.SIGTERM))
	is.Equal(exitCode(t, cmd.Wait()), 9)
	empty(t, tmp)
}

func TestCommand_alone_says_where_it_listens_until_it_is_interrupted(t *testing.T) {
	is := is.New(t)
	cmd, tmp := command(t)
	out, err := cmd.StdoutPipe()
	is.NoErr(err)
	is.NoErr(cmd.Start())
	lines, addr := bufio.NewScanner(out), ""
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "Ctrl-C") {
		_, _ = fmt.Sscanf(lines.Text(), "plaintext %s", &addr)
	}
	conn, err := net.Dial("tcp", addr)
	is.NoErr(err)
	is.NoErr(conn.Close())

	is.NoErr(cmd.Process.Signal(os.Interrupt))
	is.NoErr(cmd.Wait())
	empty(t, tmp)
}
