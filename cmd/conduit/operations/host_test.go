// Package operations tests what docs/operations.md says, on Conduit processes.
package operations

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

// guard bounds what must not hang. It is generous: machines are slow at times.
const guard = 2 * time.Minute

// built is the directory of Conduit and of connectors as plugins, made by
// TestMain unless only short tests are to run.
var built string

func TestMain(m *testing.M) {
	conduit.Main(m, &built, func(dir string) []*exec.Cmd {
		return []*exec.Cmd{
			exec.Command("go", "build", "-o", filepath.Join(dir, "conduit"), ".."),
			exec.Command("go", "build", "-o", filepath.Join(dir, "connectors", "kafka"), "github.com/conduitio/conduit-connector-kafka/cmd/connector"),
			exec.Command("go", "build", "-o", filepath.Join(dir, "connectors", "file"), "github.com/conduitio/conduit-connector-file/cmd/connector"),
		}
	}, stopKafka)
}

// host is a Conduit process with its HTTP API.
type host struct {
	*conduit.Process
	t   *testing.T
	dir string // where it runs, and keeps its database
	log conduit.Output
}

// start runs Conduit in a directory, with pipelines (the text of a file, in which
// ${…} are the variables) that are there already.
func start(t *testing.T, dir, pipelines string, variables ...string) *host {
	t.Helper()
	is := is.New(t)
	is.NoErr(os.WriteFile(filepath.Join(dir, "pipelines.yaml"), []byte(pipelines), 0o600))
	h := &host{t: t, dir: dir}
	cmd := conduit.Run{
		Executable: filepath.Join(built, "conduit"), Pipelines: "pipelines.yaml", DB: "conduit.db",
		Connectors: filepath.Join(built, "connectors"), API: true, KeepRunning: true,
	}.Command()
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &h.log, &h.log
	cmd.Env = append(os.Environ(), variables...)
	var err error
	h.Process, err = conduit.Start(cmd)
	is.NoErr(err)
	t.Cleanup(func() {
		h.Kill() // it has ended, unless the test failed
		if t.Failed() {
			t.Log(h.end())
		}
	})
	return h
}

// end is the end of what Conduit has logged, with -v all.
func (h *host) end() string {
	const lines, width = 10, 400
	all := strings.Split(strings.TrimSpace(h.log.String()), "\n")
	if testing.Verbose() {
		return strings.Join(all, "\n")
	}
	last := slices.Clone(all[max(0, len(all)-lines):])
	for i, line := range last {
		last[i] = strings.ToValidUTF8(line[:min(len(line), width)], "")
	}
	return fmt.Sprintf("the end of Conduit's log, which -v shows in full:\n%s", strings.Join(last, "\n"))
}

// stop ends Conduit as a supervisor does.
func (h *host) stop() {
	h.t.Helper()
	is.New(h.t).NoErr(h.Signal(os.Interrupt))
	select {
	case <-h.Done():
	case <-time.After(guard):
		h.t.Fatalf("it runs for %s after it was told to stop", guard)
	}
}

// kill ends Conduit as a machine that fails does.
func (h *host) kill() { h.Kill() }

// await waits until cond holds.
func await(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(guard); !cond(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %s within %s", what, guard)
		}
	}
}

var apiStarted = regexp.MustCompile(`"address":"([^"]+)"[^\n]*"http API started"`)

// url is where the HTTP API is, once it is.
func (h *host) url() string {
	h.t.Helper()
	var m []string
	await(h.t, "HTTP API", func() bool {
		m = apiStarted.FindStringSubmatch(h.log.String())
		return m != nil
	})
	return "http://" + m[1]
}

// post sends a request without a body to the HTTP API and returns its status.
func (h *host) post(path string) int {
	h.t.Helper()
	res, err := http.Post(h.url()+path, "", nil)
	is.New(h.t).NoErr(err)
	defer res.Body.Close()
	return res.StatusCode
}

// metrics returns the lines of /metrics that are about a connector.
func (h *host) metrics(connector string) string {
	h.t.Helper()
	is := is.New(h.t)
	res, err := http.Get(h.url() + "/metrics")
	is.NoErr(err)
	defer res.Body.Close()
	is.Equal(res.StatusCode, http.StatusOK)
	text, err := io.ReadAll(res.Body)
	is.NoErr(err)
	var lines []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "conduit_kafka_") && strings.Contains(line, fmt.Sprintf("connector=%q", connector)) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// read returns a file in the host's directory, "" while it is not there.
func (h *host) read(name string) string {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	is.New(h.t).NoErr(err)
	return string(b)
}
