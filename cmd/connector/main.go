// Command connector runs the Kafka connector as a plugin process of its own,
// which Conduit starts when the binary lies in its connectors directory.
package main

import (
	sdk "github.com/conduitio/conduit-connector-sdk"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

func main() {
	sdk.Serve(kafka.Connector)
}
