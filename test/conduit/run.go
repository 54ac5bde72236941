// Package conduit starts Conduit as a process: for tests, for make run and for the
// benchmark.
package conduit

import (
	"os/exec"
)

// Run is how Conduit runs pipelines. It ends when one of them fails for good.
type Run struct {
	Executable  string
	Pipelines   string // a file or a directory
	DB          string // directory of its database; empty: in memory
	Connectors  string // directory of plugins; empty: connectors, where it runs
	Processors  string // likewise
	API         bool   // serve HTTP and gRPC, at free ports of 127.0.0.1
	KeepRunning bool   // also when a pipeline has failed
	V2          bool   // the second pipeline architecture
}

// Command returns the command, which logs JSON to its standard output.
func (r Run) Command(more ...string) *exec.Cmd {
	args := []string{"run", "--pipelines.path=" + r.Pipelines, "--log.format=json"}
	if r.DB == "" {
		args = append(args, "--db.type=inmemory")
	} else {
		args = append(args, "--db.type=badger", "--db.badger.path="+r.DB)
	}
	if r.Connectors != "" {
		args = append(args, "--connectors.path="+r.Connectors)
	}
	if r.Processors != "" {
		args = append(args, "--processors.path="+r.Processors)
	}
	if r.API {
		args = append(args, "--api.http.address=127.0.0.1:0", "--api.grpc.address=127.0.0.1:0")
	} else {
		args = append(args, "--api.enabled=false")
	}
	if !r.KeepRunning {
		args = append(args, "--pipelines.exit-on-degraded")
	}
	if r.V2 {
		args = append(args, "--preview.pipeline-arch-v2")
	}
	return exec.Command(r.Executable, append(args, more...)...)
}
