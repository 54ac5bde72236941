// Command death draws docs/broker-death.svg: a thousand records a second go through a
// destination, a topic of three brokers and a source, while the broker that leads a third
// of the partitions is killed and comes back. It runs a minute, on Kafka of its own:
//
//	make picture
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

const (
	topic      = "orders"
	partitions = 6
	rate       = 1000 // records a second

	killed    = 15 * time.Second
	restarted = 35 * time.Second
	length    = 60 * time.Second
)

func main() {
	out := flag.String("out", "broker-death.svg", "file to draw to")
	flag.Parse()
	if err := run(context.Background(), *out); err != nil {
		fmt.Fprintln(os.Stderr, "death:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out string) (err error) {
	// The faults are announced; the rest is as the brokers have it.
	cluster, err := broker.Start(ctx, broker.Options{Nodes: 3, Faults: true, Measured: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	client, err := kclient.New(cluster.Servers())
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.CreateTopic(ctx, topic, partitions, nil); err != nil {
		return err
	}
	leader, err := client.Leader(ctx, topic, 0)
	if err != nil {
		return err
	}
	f, err := openFlow(ctx, cluster.Servers())
	if err != nil {
		return err
	}
	done := f.start()
	if err := errors.Join(
		at(f, killed, func() error { return cluster.KillNode(int(leader)) }),
		at(f, restarted, func() error { return cluster.StartNode(ctx, int(leader)) }),
		at(f, length, func() error { return nil }),
	); err != nil {
		return err
	}
	f.stop()
	if err := <-done; err != nil {
		return err
	}
	svg, err := f.draw()
	if err != nil {
		return err
	}
	fmt.Print(f.summary())
	return os.WriteFile(out, svg, 0o644)
}

// at waits until the flow has run for some time, and does something.
func at(f *flow, when time.Duration, do func() error) error {
	time.Sleep(time.Until(f.began.Add(when)))
	fmt.Fprintln(os.Stderr, "at", when)
	return do()
}
