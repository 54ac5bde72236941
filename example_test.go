package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/twmb/franz-go/pkg/kfake"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

// A host registers the connector under the name of its module, as Conduit's table of
// builtin plugins has it:
//
//	cfg := conduit.DefaultConfig()
//	cfg.ConnectorPlugins["github.com/conduitio/conduit-connector-kafka"] = kafka.Connector
//	cli.Run(cfg)
//
// What it then does with the connector is, without the pipeline around it, this.
func ExampleConnector() {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"))
	if err != nil {
		log.Fatal(err)
	}
	defer broker.Close()
	servers := broker.ListenAddrs()[0]
	plugins := map[string]sdk.Connector{"kafka": kafka.Connector}
	ctx := context.Background()

	destination := plugins["kafka"].NewDestination()
	err = sdk.Util.ParseConfig(ctx, map[string]string{"servers": servers, "topic": "orders", "value.format": "payload"},
		destination.Config(), plugins["kafka"].NewSpecification().DestinationParams)
	if err = errors.Join(err, destination.Open(ctx)); err != nil {
		log.Fatal(err)
	}
	written, err := destination.Write(ctx, []opencdc.Record{{
		Operation: opencdc.OperationCreate,
		Key:       opencdc.RawData("7"),
		Payload:   opencdc.Change{After: opencdc.RawData("three chairs")},
	}})
	fmt.Println("written:", written, errors.Join(err, destination.Teardown(ctx)))

	source := plugins["kafka"].NewSource()
	err = sdk.Util.ParseConfig(ctx, map[string]string{"servers": servers, "topics": "orders", "groupID": "copy", "readFromBeginning": "true"},
		source.Config(), plugins["kafka"].NewSpecification().SourceParams)
	if err = errors.Join(err, source.Open(ctx, nil)); err != nil {
		log.Fatal(err)
	}
	records, err := source.ReadN(ctx, 1)
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range records {
		fmt.Printf("read: %s %s from %s\n", r.Key.Bytes(), r.Payload.After.Bytes(), r.Metadata["opencdc.collection"])
		err = errors.Join(err, source.Ack(ctx, r.Position)) // commits up to here
	}
	fmt.Println("torn down:", errors.Join(err, source.Teardown(ctx)))
	// Output:
	// written: 1 <nil>
	// read: 7 three chairs from orders
	// torn down: <nil>
}

// ParseSource finds everything that is wrong at once. Each line names the setting, and
// what is allowed.
func ExampleParseSource() {
	_, err := kafka.ParseSource(map[string]string{
		"servers":        "broker-1",
		"isolationLevel": "committed",
	})
	fmt.Println(err)
	fmt.Println("no topic:", errors.Is(err, kafka.ErrTopicMissing))
	// Output:
	// config invalid: servers: "broker-1" is not host:port with a port of 1 to 65535, for example "localhost:9092"
	// topics: at least one topic is required, or topicsRegex (in a pipeline file, a variable that is not set leaves it empty), for example "orders,payments"
	// isolationLevel: "committed" is unknown: read_committed or read_uncommitted
	// no topic: true
}

// ParsePosition understands what Kafka connectors for Conduit have saved: this one, the
// published one, and the plugin of 2022.
func ExampleParsePosition() {
	for _, saved := range []opencdc.Position{
		opencdc.Position(`{"groupID":"copy","topic":"orders","partition":2,"log":"AAAAAAAAQAAAAAAAAAAAAQo","offset":1041}`),
		opencdc.Position(`{"GroupID":"copy","Topic":"orders","Partition":2,"Offset":1041}`),
		opencdc.Position(`copy`),
	} {
		p, err := kafka.ParsePosition(saved)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("group %s, topic %q, partition %d, offset %d, leader epoch %d\n", p.GroupID, p.Topic, p.Partition, p.Offset, p.LeaderEpoch)
	}
	// Output:
	// group copy, topic "orders", partition 2, offset 1041, leader epoch 5
	// group copy, topic "orders", partition 2, offset 1041, leader epoch -1
	// group copy, topic "", partition 0, offset 0, leader epoch -1
}

// CheckSource says what stands between a source and its cluster, and what to do about it.
func ExampleCheckSource() {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "orders"))
	if err != nil {
		log.Fatal(err)
	}
	defer broker.Close()

	for _, r := range kafka.CheckSource(context.Background(), map[string]string{
		"servers": broker.ListenAddrs()[0], "topics": "orders,order", "groupID": "copy",
	}) {
		if r.Step == "topic" {
			fmt.Printf("%s: %s: %s\n", r.Subject, r.Outcome, r.Reason)
		}
		if r.Remedy != "" {
			remedy, _, _ := strings.Cut(r.Remedy, ":") // the command that does it comes next
			fmt.Println("→", remedy)
		}
	}
	// Output:
	// order: failed: it does not exist
	// → create it, or correct topics (a source waits for a topic that does not exist yet)
	// orders: ok: 2 partitions
}
