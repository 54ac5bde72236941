package pipeline

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

// Conduit is Conduit with some Kafka connector built in.
type Conduit struct {
	Binary      string
	V2          bool // the second pipeline architecture
	Source      map[string]string
	Destination map[string]string
	Profiles    string // what the names of profiles start with; empty for none
}

// Target implements [System].
func (c Conduit) Target(job Job) string { return job.To }

// Command implements [System].
func (c Conduit) Command(job Job) (*exec.Cmd, error) {
	name := filepath.Join(job.Dir, "pipeline.yaml")
	if err := os.WriteFile(name, []byte(c.pipeline(job)), 0o644); err != nil {
		return nil, fmt.Errorf("write pipeline: %w", err)
	}
	var profiles []string
	if c.Profiles != "" {
		profiles = []string{"--dev.cpuprofile=" + c.Profiles + ".cpu", "--dev.memprofile=" + c.Profiles + ".allocs"}
	}
	return conduit.Run{Executable: c.Binary, Pipelines: name, V2: c.V2}.Command(profiles...), nil
}

// pipeline is the pipeline file.
func (c Conduit) pipeline(job Job) string {
	servers := strings.Join(job.Servers, ",")
	source := map[string]string{"servers": servers, "topics": job.From, "readFromBeginning": "true"}
	destination := map[string]string{"servers": servers, "topic": job.To}
	maps.Copy(source, c.Source)
	maps.Copy(destination, c.Destination)
	return "version: \"2.2\"\npipelines:\n  - id: copy\n    status: running\n    connectors:\n" +
		connector("from", "source", source) + connector("to", "destination", destination)
}

func connector(id, kind string, settings map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "      - id: %s\n        type: %s\n        plugin: builtin:kafka\n        settings:\n", id, kind)
	for _, k := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "          %s: %s\n", k, strconv.Quote(settings[k]))
	}
	return b.String()
}
