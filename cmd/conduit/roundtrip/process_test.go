package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

// guard bounds what must not hang. It is generous: machines are slow at times.
const guard = 90 * time.Second

// built is the directory of Conduit and this program, made by TestMain unless
// only short tests are to run.
var built string

func TestMain(m *testing.M) {
	conduit.Main(m, &built, func(dir string) []*exec.Cmd {
		return []*exec.Cmd{exec.Command("go", "build", "-o", dir, "..", ".")}
	}, nil)
}

// program is this program, running.
type program struct {
	*conduit.Process
	t   *testing.T
	dir string // where it runs
	out conduit.Output
}

// start starts the program, in a directory of its own.
func start(t *testing.T, servers string, args ...string) *program {
	t.Helper()
	if testing.Short() {
		t.Skip("runs Conduit, which takes long to build")
	}
	p := &program{t: t, dir: t.TempDir()}
	cmd := exec.Command(filepath.Join(built, "roundtrip"), append([]string{"-conduit", filepath.Join(built, "conduit")}, args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, &p.out, &p.out
	cmd.Env = append(os.Environ(), "KAFKA_SERVERS="+servers)
	var err error
	p.Process, err = conduit.Start(cmd)
	is.New(t).NoErr(err)
	t.Cleanup(p.Kill) // it has ended, unless the test failed
	return p
}

func (p *program) interrupt() { is.New(p.t).NoErr(p.Signal(os.Interrupt)) }

// wait returns the exit status.
func (p *program) wait() int {
	p.t.Helper()
	select {
	case <-p.Done():
	case <-time.After(guard):
		p.t.Fatalf("it runs for more than %s:\n%s", guard, p.out.String())
	}
	return p.State().ExitCode()
}

// await waits until cond says that there is enough.
func (p *program) await(what string, cond func() bool) {
	p.t.Helper()
	for end := time.Now().Add(guard); !cond(); time.Sleep(20 * time.Millisecond) {
		select {
		case <-p.Done():
			p.t.Fatalf("it ended before %s:\n%s", what, p.out.String())
		default:
		}
		if time.Now().After(end) {
			p.t.Fatalf("no %s within %s:\n%s", what, guard, p.out.String())
		}
	}
}

// find returns the first group of a pattern in what was printed, or "".
func (p *program) find(pattern string) string {
	if m := regexp.MustCompile(pattern).FindStringSubmatch(p.out.String()); m != nil {
		return m[1]
	}
	return ""
}

// read returns the one file that matches, or "" while there is none.
func (p *program) read(pattern string) string {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, pattern))
	is.New(p.t).NoErr(err)
	if len(files) == 0 {
		return ""
	}
	b, err := os.ReadFile(files[0])
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	is.New(p.t).NoErr(err)
	return string(b)
}

func countLines(text string) int { return strings.Count(text, "\n") }
