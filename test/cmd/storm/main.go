// Command storm measures what members that come and go cost a group: for how long a
// partition is not read, where it stays with its member and where it moves, and how many
// records are read twice. It starts a Kafka of its own (Java 17 and Maven).
//
//	storm [-for 60s] [-every 3s] [-members 8] [-partitions 48] [-nodes 1]
//
// The connector's source and franz-go take turns, by the classic protocol and by that in
// which the coordinator assigns (KIP-848), each with a topic and a group of its own. All
// members are in the group to begin with. Every three seconds one of them leaves, or comes
// back. A record is written to each partition every ten milliseconds all the time.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

type options struct {
	lasts, every        time.Duration
	members, partitions int
	nodes               int
}

func main() {
	var o options
	flag.DurationVar(&o.lasts, "for", time.Minute, "how long each client is measured")
	flag.DurationVar(&o.every, "every", 3*time.Second, "between two changes of the group")
	flag.IntVar(&o.members, "members", 8, "of the group")
	flag.IntVar(&o.partitions, "partitions", 48, "of the topic")
	flag.IntVar(&o.nodes, "nodes", 1, "1 or 3")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "storm:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	kafka, err := broker.Start(ctx, broker.Options{Nodes: o.nodes})
	if err != nil {
		return err
	}
	defer func() { _ = kafka.Stop() }()
	fmt.Printf("%d members, %d partitions, one change every %s for %s each, %d CPUs, Kafka %s\n\n%s",
		o.members, o.partitions, o.every, o.lasts, runtime.NumCPU(), broker.Version, heading)
	for _, protocol := range []string{"classic", "consumer"} {
		for _, client := range clients {
			line, err := measure(ctx, o, kafka.Servers(), client, protocol)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", client.name, protocol, err)
			}
			fmt.Println(line)
		}
	}
	return nil
}

// measure lets the members of one group come and go.
func measure(ctx context.Context, o options, servers []string, c client, protocol string) (string, error) {
	truth, err := kclient.New(servers)
	if err != nil {
		return "", err
	}
	defer truth.Close()
	topic := fmt.Sprintf("storm-%s-%s", c.name, protocol)
	if err := truth.CreateTopic(ctx, topic, int32(o.partitions), nil); err != nil {
		return "", err
	}
	b := newBook(o.partitions)
	w, err := startWriting(servers, topic, o.partitions)
	if err != nil {
		return "", err
	}
	defer w.stop()
	leave := make([]func() error, o.members)
	for i := range leave {
		if leave[i], err = c.join(ctx, servers, topic, protocol, b.reader()); err != nil {
			return "", err
		}
	}
	time.Sleep(10 * time.Second) // in which the group settles
	b.begin()
	changes := 0
	for end := time.Now().Add(o.lasts); time.Now().Before(end) && ctx.Err() == nil; changes++ {
		i := rand.IntN(len(leave))
		if leave[i] == nil {
			leave[i], err = c.join(ctx, servers, topic, protocol, b.reader())
		} else {
			err = leave[i]()
			leave[i] = nil
		}
		if err != nil {
			return "", err
		}
		time.Sleep(o.every)
	}
	b.end()
	for _, l := range leave {
		if l != nil {
			if err := l(); err != nil {
				return "", err
			}
		}
	}
	return b.line(c.name, protocol, changes), nil
}
