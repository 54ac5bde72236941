// Command connector runs the Kafka connector as a plugin process of its own,
// which Conduit starts when the binary lies in its connectors directory.
//
// Run by hand, it checks what a connector needs of its cluster:
//
//	connector check -config pipelines.yaml
//	connector check servers=broker-1:9092 topics=orders groupID=copy
//
// It also shows and resets the offsets of a source's consumer group:
//
//	connector offsets show -config pipelines.yaml
//	connector offsets reset -config pipelines.yaml -to-datetime 2026-01-31T06:00:00Z
//
// connector --version prints its version.
package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"strconv"

	"github.com/conduitio/conduit-connector-protocol/pconnector"
	sdk "github.com/conduitio/conduit-connector-sdk"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "check":
			os.Exit(execute(runCheck, os.Args[2:]))
		case "offsets":
			os.Exit(execute(runOffsets, os.Args[2:]))
		case "version", "-version", "--version":
			fmt.Println(kafka.Connector.NewSpecification().Version)
			return
		}
	}
	takeLargeMessages()
	sdk.Serve(kafka.Connector)
}

// takeLargeMessages lifts the limit for what this process takes from Conduit at once.
// Conduit calls it the size of a record, 4 MiB unless --connectors.max-receive-record-size
// is set, but hands on whole batches; a larger one would end the pipeline. How large a
// record may be is up to batchBytes, which fails that record alone.
func takeLargeMessages() {
	const limit = pconnector.EnvConduitConnectorMaxReceiveRecordSize
	if err := os.Setenv(limit, strconv.Itoa(math.MaxInt32)); err != nil {
		fmt.Fprintf(os.Stderr, "set %s: %v\n", limit, err) // which Conduit logs
	}
}

// execute returns the exit status of a command.
func execute(command func(ctx context.Context, args []string, stdout, stderr io.Writer) int, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return command(ctx, args, os.Stdout, os.Stderr)
}
