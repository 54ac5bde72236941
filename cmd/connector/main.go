// Command connector runs the Kafka connector as a plugin process of its own,
// which Conduit starts when the binary lies in its connectors directory.
//
// Run by hand, it checks what a connector needs of its cluster:
//
//	connector check -config pipelines.yaml
//	connector check servers=broker-1:9092 topics=orders groupID=copy
package main

import (
	"context"
	"os"
	"os/signal"

	sdk "github.com/conduitio/conduit-connector-sdk"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "check" {
		os.Exit(checkCommand(os.Args[2:]))
	}
	sdk.Serve(kafka.Connector)
}

// checkCommand returns the exit status.
func checkCommand(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return runCheck(ctx, args, os.Stdout, os.Stderr)
}
