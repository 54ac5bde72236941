// Command conduit is Conduit with this repository's Kafka connector built in,
// in the place of the one that it comes with. Everything else is Conduit's own:
//
//	conduit run --pipelines.path=examples/generator-to-kafka.yaml
package main

import (
	"github.com/conduitio/conduit/cmd/conduit/cli"
	"github.com/conduitio/conduit/pkg/conduit"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

// plugin is the name under which Conduit's own table has its Kafka connector;
// pipelines refer to it as builtin:kafka.
const plugin = "github.com/conduitio/conduit-connector-kafka"

func main() {
	cfg := conduit.DefaultConfig()
	// The table is changed, not replaced: Conduit's commands read the shared one.
	cfg.ConnectorPlugins[plugin] = kafka.Connector
	cli.Run(cfg)
}
