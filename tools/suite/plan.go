package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"runtime"
	"slices"
	"strings"
)

// modules have the tests. Those of each run by themselves: one that doesn't compile
// leaves the others as they are.
var modules = []string{".", "cmd/conduit", "bench", "tools"}

// brokerPackage is imported by tests that need a real Kafka, or their files are named
// x_kafka_test.go.
const brokerPackage = "github.com/conduitio/conduit-connector-kafka/test/broker"

// slowest are the packages that take minutes, the longest first, so that none of them
// begins when all others have ended.
var slowest = []string{
	"test/faults", "test/connector", "internal/consumer", "internal/produce", "test/hostile", "internal/group",
	"cmd/conduit/operations", "cmd/conduit/roundtrip",
}

// patient packages take minutes and hardly compute: they wait for brokers that are killed,
// for timeouts and for sessions that end. They run from the start, beside all others, and
// share no Kafka with these.
var patient = []string{"test/faults", "test/hostile", "internal/group"}

// pkg is a package with tests.
type pkg struct {
	module string // its directory
	path   string // its directory, seen from that of the module: ./x
	kafka  bool   // has tests that need a real Kafka
}

type plan []pkg

// listed is what go list says of a package.
type listed struct {
	Dir                       string
	Module                    struct{ Dir string }
	TestGoFiles, XTestGoFiles []string
	TestImports, XTestImports []string
	Error                     *struct{ Err string }
}

// makePlan finds the packages with tests. A module of which nothing can be listed is
// in it as ./..., so that go test says why.
func makePlan(modules []string) (plan, error) {
	var p plan
	for _, m := range modules {
		cmd := exec.Command("go", "list", "-e", "-json=Dir,Module,TestGoFiles,XTestGoFiles,TestImports,XTestImports,Error", "./...")
		cmd.Dir = m
		out, err := cmd.Output()
		if err != nil {
			if errors.Is(err, exec.ErrNotFound) {
				return nil, fmt.Errorf("list packages: %w", err)
			}
			p = append(p, pkg{module: m, path: "./..."})
			continue
		}
		for d := json.NewDecoder(bytes.NewReader(out)); ; {
			var l listed
			if err := d.Decode(&l); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("list packages of %s: %w", m, err)
			}
			if k, ok := l.pkg(m); ok {
				p = append(p, k)
			}
		}
	}
	slices.SortStableFunc(p, func(a, b pkg) int { return a.rank() - b.rank() })
	return p, nil
}

// pkg reports false for a package without tests. One that can't be read has some, so
// that go test says what is wrong.
func (l listed) pkg(module string) (pkg, bool) {
	if l.Error == nil && len(l.TestGoFiles)+len(l.XTestGoFiles) == 0 {
		return pkg{}, false
	}
	return pkg{
		module: module,
		path:   "." + strings.TrimPrefix(l.Dir, l.Module.Dir),
		kafka:  l.needsKafka(),
	}, true
}

func (l listed) needsKafka() bool {
	return slices.Contains(l.TestImports, brokerPackage) || slices.Contains(l.XTestImports, brokerPackage) ||
		slices.ContainsFunc(append(l.TestGoFiles, l.XTestGoFiles...), func(name string) bool { return strings.HasSuffix(name, "_kafka_test.go") })
}

// name is the directory of a package, seen from the repository's root.
func (k pkg) name() string { return path.Join(k.module, k.path) }

func (k pkg) patient() bool { return slices.Contains(patient, k.name()) }

// rank sorts the slowest to the front.
func (k pkg) rank() int {
	if i := slices.Index(slowest, k.name()); i >= 0 {
		return i
	}
	return len(slowest)
}

// waiting has the flags of tests that wait more than they compute.
func waiting(flags []string) []string {
	return append([]string{"-timeout", "30m", "-parallel", "6"}, flags...)
}

// fast are the commands that need nothing but Go: with -unit those of all packages,
// in their short form.
func (p plan) fast(o options) []*exec.Cmd {
	if !o.unit {
		return p.commands(o, 3*runtime.NumCPU(), waiting(o.flags), func(k pkg) bool { return !k.kafka && !k.patient() })
	}
	return p.commands(o, 3*runtime.NumCPU(), append([]string{"-short"}, waiting(o.flags)...), func(pkg) bool { return true })
}

// patient are the commands that run from the start.
func (p plan) patient(o options) []*exec.Cmd {
	return p.commands(o, len(patient), waiting(o.flags), pkg.patient)
}

// withKafka are the other commands. They wait for brokers and processes for the most
// part, but on two cores more of them at once, with test/faults beside them, would leave
// those no time.
func (p plan) withKafka(o options) []*exec.Cmd {
	return p.commands(o, 2*runtime.NumCPU()-1, waiting(o.flags), func(k pkg) bool { return k.kafka && !k.patient() })
}

// commands are one for each module, whose packages run atOnce at a time.
func (p plan) commands(o options, atOnce int, flags []string, want func(pkg) bool) []*exec.Cmd {
	var out []*exec.Cmd
	for _, m := range modules {
		args := append([]string{"test", "-json", fmt.Sprintf("-p=%d", atOnce)}, flags...)
		if o.unit && m == "." {
			// Without a PATH its tests find nothing to run Kafka with, and skip what needs it.
			// The other modules' leave that out in their short form.
			args = append(args, "-exec", "env -u KAFKA_TEST_CLUSTER -u KAFKA_TEST_SERVERS PATH=")
		}
		n := len(args)
		for _, k := range p {
			if k.module == m && want(k) {
				args = append(args, k.path)
			}
		}
		if len(args) == n {
			continue
		}
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = m, os.Environ()
		out = append(out, cmd)
	}
	return out
}

// describe says what will run, and how long that takes.
func (p plan) describe(w io.Writer, o options, takes string) {
	kafka, beside := 0, 0
	for _, k := range p {
		switch {
		case k.patient():
			beside++
		case k.kafka:
			kafka++
		}
	}
	if o.unit {
		fmt.Fprintf(w, "Running units and embedded Kafka: %d packages of %d modules, about %s on two cores.\n", len(p), len(modules), takes)
		fmt.Fprintln(w, "What needs a real Kafka is skipped: make test runs it.")
		return
	}
	fmt.Fprintf(w, "Running %d packages of %d modules, about %s on two cores:\n", len(p), len(modules), takes)
	fmt.Fprintf(w, "  1. units and embedded Kafka: %d packages\n", len(p)-kafka-beside)
	fmt.Fprintf(w, "  2. real Kafka and Conduit: %d packages; the first time Kafka and Conduit are fetched and built\n", kafka)
	fmt.Fprintf(w, "  and from the start, since they wait for the most part: %s\n", strings.Join(patient, ", "))
}
