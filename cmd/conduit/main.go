// Command conduit is Conduit with this repository's Kafka connector built in,
// in the place of the one that it comes with. Everything else is Conduit's own:
//
//	conduit run --pipelines.path=examples/generator-to-kafka.yaml
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/conduitio/conduit/cmd/conduit/cli"
	"github.com/conduitio/conduit/pkg/conduit"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

// plugin is the name under which Conduit's own table has its Kafka connector;
// pipelines refer to it as builtin:kafka.
const plugin = "github.com/conduitio/conduit-connector-kafka"

func main() {
	stopAtTermination()
	cfg := conduit.DefaultConfig()
	// The table is changed, not replaced: Conduit's commands read the shared one.
	cfg.ConnectorPlugins[plugin] = kafka.Connector
	cli.Run(cfg)
}

// stopAtTermination lets SIGTERM, by which service managers and container engines
// stop a process, do what Ctrl-C does. Conduit v0.14.0 knows only that; it would end
// without stopping its pipelines.
func stopAtTermination() {
	terminations := make(chan os.Signal, 1)
	signal.Notify(terminations, syscall.SIGTERM)
	go func() {
		for range terminations {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Signal(os.Interrupt)
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, "stop at SIGTERM:", err)
				os.Exit(1)
			}
		}
	}()
}
