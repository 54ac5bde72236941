//go:build unix

package broker_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

// TestOrphans_process is not a test: it is what the process does that
// TestCluster_ends_with_its_process ends.
func TestOrphans_process(t *testing.T) {
	dir := os.Getenv("KAFKA_TEST_ORPHANS")
	if dir == "" {
		t.Skip("only for TestCluster_ends_with_its_process")
	}
	kafka := broker.ForTest(t, broker.Options{Faults: true})
	fmt.Println("serving", kafka.Direct()[0])
	if dir == "panic" {
		panic("as asked for")
	}
	select {}
}

func TestCluster_ends_with_its_process(t *testing.T) {
	broker.ForTest(t, broker.Options{}) // skips where there is no Kafka
	for name, end := range map[string]syscall.Signal{
		"killed": syscall.SIGKILL, "terminated": syscall.SIGTERM, "interrupted": syscall.SIGINT, "panic": 0,
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			tmp := t.TempDir()
			cmd := exec.Command(os.Args[0], "-test.run=^TestOrphans_process$")
			cmd.Env = append(os.Environ(), "KAFKA_TEST_ORPHANS="+name, "TMPDIR="+tmp)
			out, err := cmd.StdoutPipe()
			is.NoErr(err)
			is.NoErr(cmd.Start())
			defer func() { _ = cmd.Process.Kill() }()

			addr := ""
			for lines := bufio.NewScanner(out); addr == "" && lines.Scan(); {
				addr, _ = strings.CutPrefix(lines.Text(), "serving ")
			}
			is.True(addr != "")
			if end != 0 {
				is.NoErr(cmd.Process.Signal(end))
			}
			is.True(cmd.Wait() != nil)
			nothingLeft(t, tmp, addr)
		})
	}
}

// nothingLeft waits until nobody serves at addr and dir is empty.
func nothingLeft(t *testing.T, dir, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		conn, refused := net.Dial("tcp", addr)
		if refused == nil {
			_ = conn.Close()
		}
		files, err := os.ReadDir(dir)
		if refused != nil && len(files) == 0 && (err == nil || errors.Is(err, fs.ErrNotExist)) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("left behind: served: %t, files: %v", refused == nil, files)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
