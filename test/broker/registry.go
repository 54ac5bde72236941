package broker

import (
	"context"
	_ "embed" // registry.pom.xml
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// RegistryVersion is the version of Apicurio, the last one that runs on Java 17.
const RegistryVersion = "2.6.13.Final"

//go:embed registry.pom.xml
var registryPOM []byte

// SchemaRegistry is a running Apicurio, which speaks Confluent's API. It keeps its schemas
// when it is killed and started again.
type SchemaRegistry struct {
	dir     string // of its files
	jars    string
	port    int
	process *process
	dog     *watchdog
}

// startedRegistry is the outcome of starting a registry; a failure is not tried again.
type startedRegistry struct {
	of  *SchemaRegistry
	err error
}

// RegistryForTest returns a schema registry that the tests of a process share, so each uses
// subjects of its own. The first test starts it, and [Main] stops it. A test may kill it if
// no other runs at the same time.
//
// Where there is no Java 17 or no Maven the test is skipped, or fails if KAFKA_REQUIRED=1.
func RegistryForTest(t testing.TB) *SchemaRegistry {
	t.Helper()
	if shared == nil {
		t.Fatal("get a schema registry: TestMain does not call broker.Main")
	}
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.registry == nil {
		shared.registry = new(startedRegistry)
		shared.registry.of, shared.registry.err = StartRegistry(shared.ctx)
	}
	switch err := shared.registry.err; {
	case errors.Is(err, ErrUnavailable) && os.Getenv("KAFKA_REQUIRED") != "1":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	return shared.registry.of
}

// AnotherRegistryForTest returns a schema registry of the test's own, besides that of
// [RegistryForTest], which it starts first. It ends with the test.
func AnotherRegistryForTest(t testing.TB) *SchemaRegistry {
	t.Helper()
	RegistryForTest(t) // which skips the test where there is none
	r, err := StartRegistry(shared.ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// StartRegistry starts a schema registry, which whoever calls it has to close.
func StartRegistry(ctx context.Context) (*SchemaRegistry, error) {
	const name = "apicurio"
	if missing := missingJava(ctx, name, RegistryVersion, registryPOM); missing != "" {
		return nil, fmt.Errorf("%w: start a schema registry: %s: install Java 17 and Maven", ErrUnavailable, missing)
	}
	jars, err := fetch(ctx, "unpack", name, RegistryVersion, registryPOM, func(dir string) error { return archiveClasses(ctx, dir) })
	if err != nil {
		return nil, err
	}
	return newRegistry(ctx, jars, "-XX:SharedArchiveFile="+classArchive)
}

// classArchive is a file beside the jars with their classes as the JVM has them in memory.
// With it Apicurio starts in two seconds rather than fifteen. A JVM of another version does
// without.
const classArchive = "classes.jsa"

// archiveClasses starts Apicurio and stops it, which makes the archive.
func archiveClasses(ctx context.Context, jars string) error {
	r, err := newRegistry(ctx, jars, "-XX:ArchiveClassesAtExit="+classArchive)
	if err != nil {
		return err
	}
	err = signalGroup(r.process.cmd, sigTerm)
	if err == nil {
		<-r.process.done
	}
	return errors.Join(err, r.Close())
}

func newRegistry(ctx context.Context, jars, option string) (*SchemaRegistry, error) {
	l, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "schema-registry-")
	if err != nil {
		return nil, fmt.Errorf("start a schema registry: %w", err)
	}
	r := &SchemaRegistry{dir: dir, jars: jars, port: l.Base}
	if err := os.Mkdir(r.node(), 0o755); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if r.dog, err = watch(dir, killNodes); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := r.start(ctx, option); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// node is the only directory of its kind, as the watchdog wants it.
func (r *SchemaRegistry) node() string { return filepath.Join(r.dir, "node-1") }

// URL returns where it speaks Confluent's API.
func (r *SchemaRegistry) URL() string { return "http://" + r.Addr() + "/apis/ccompat/v7" }

// Addr returns where it listens.
func (r *SchemaRegistry) Addr() string { return "127.0.0.1:" + strconv.Itoa(r.port) }

// runRegistry becomes Apicurio. $0 is its directory, $1 that of the jars, $2 its port and $3
// an option for the JVM. Its database writes each commit at once, and not after half a
// second, which Kill would take away.
const runRegistry = `cd "$1" && echo $$ >"$0/pid" && export REGISTRY_DATASOURCE_URL="jdbc:h2:file:$0/schemas;WRITE_DELAY=0" LOG_LEVEL=WARN &&
exec java -Xmx384m ` + quickStart + ` "$3" -Dquarkus.http.host=127.0.0.1 -Dquarkus.http.port="$2" -jar apicurio-registry-app-*-runner.jar`

// Start starts it again after Kill, and returns once it answers.
func (r *SchemaRegistry) Start(ctx context.Context) error {
	if !r.process.exited() {
		return nil
	}
	return r.start(ctx, "-XX:SharedArchiveFile="+classArchive)
}

func (r *SchemaRegistry) start(ctx context.Context, option string) error {
	var err error
	if r.process, err = spawn(r.node(), runRegistry, r.jars, strconv.Itoa(r.port), option); err != nil {
		return fmt.Errorf("start a schema registry: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for !r.answers(ctx) {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-r.process.done:
			return fmt.Errorf("start a schema registry: it ended: %s", r.log())
		case <-ctx.Done():
			return fmt.Errorf("start a schema registry: %w: %s", ctx.Err(), r.log())
		}
	}
	return nil
}

func (r *SchemaRegistry) answers(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL()+"/subjects", nil)
	if err != nil {
		return false
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

func (r *SchemaRegistry) log() string {
	text, err := os.ReadFile(filepath.Join(r.node(), "log"))
	if err != nil {
		return err.Error()
	}
	return lastLines(text, 20)
}

// Kill ends it at once.
func (r *SchemaRegistry) Kill() error {
	if r.process == nil || r.process.exited() {
		return nil
	}
	return r.process.kill()
}

// Close ends it, and removes its files.
func (r *SchemaRegistry) Close() error { return errors.Join(r.Kill(), r.dog.close()) }
