// Command storm measures what members that come and go cost a group: for how long a
// partition is not read, where it stays with its member and where it moves, and how many
// records are read twice. It starts a Kafka of its own (Java 17 and Maven).
//
//	storm                                       the connector's source, franz-go and Kafka's own
//	                                            consumer, each by each protocol, a minute each
//	storm -for 5m -protocols consumer -clients connector,java
//
// They take turns, by the classic protocol and by that in which the coordinator assigns
// (KIP-848), each with a topic and a group of its own. A record is written to each partition
// every twenty milliseconds all the time. All members are in the group to begin with. For a
// while none of them leaves, which shows what pauses the machine itself makes; then every
// three seconds one of them leaves, or comes back. Members of one kind share a process.
//
//	main.go       what is asked for
//	measure.go    a group whose members come and go
//	clients.go    members: the connector's source and franz-go
//	java.go       members: Kafka's own consumer (test/java)
//	writer.go     what is written
//	book.go       what is read, when and by whom
//	result.go     what is printed
//	processor.go  how busy the machine is
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

type options struct {
	lasts, calm, every  time.Duration
	pace                time.Duration
	members, partitions int
	nodes               int
	protocols           []string
	clients             []client
}

func main() {
	var o options
	protocols, names := "classic,consumer", "connector,franz-go,java"
	flag.DurationVar(&o.lasts, "for", time.Minute, "how long members of each kind come and go, by each protocol")
	flag.DurationVar(&o.calm, "calm", 10*time.Second, "how long they stay before that, to compare with")
	flag.DurationVar(&o.every, "every", 3*time.Second, "between two changes of the group")
	flag.DurationVar(&o.pace, "pace", 20*time.Millisecond, "between two records of a partition")
	flag.IntVar(&o.members, "members", 8, "of the group")
	flag.IntVar(&o.partitions, "partitions", 48, "of the topic")
	flag.IntVar(&o.nodes, "nodes", 1, "brokers: 1 or 3")
	flag.StringVar(&protocols, "protocols", protocols, "of the group")
	flag.StringVar(&names, "clients", names, "kinds of members")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := o.choose(strings.Split(protocols, ","), strings.Split(names, ","))
	if err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "storm:", err)
		os.Exit(1)
	}
}

// choose sets the protocols and clients.
func (o *options) choose(protocols, names []string) error {
	for _, protocol := range protocols {
		if protocol != "classic" && protocol != "consumer" {
			return fmt.Errorf("-protocols: %q is neither classic nor consumer", protocol)
		}
	}
	o.protocols = protocols
	for _, name := range names {
		i := slices.IndexFunc(clients, func(c client) bool { return c.name == name })
		if i < 0 {
			return fmt.Errorf("-clients: %q is none of connector, franz-go and java", name)
		}
		o.clients = append(o.clients, clients[i])
	}
	return nil
}

func run(ctx context.Context, o options) (err error) {
	kafka, err := broker.Start(ctx, broker.Options{Nodes: o.nodes})
	if err != nil {
		return err
	}
	defer func() {
		if stopped := kafka.Stop(); err == nil {
			err = stopped
		}
	}()
	fmt.Printf("%d members, %d partitions, a record each every %s; one change every %s for %s, after %s without; %d CPUs, Kafka %s\n\n",
		o.members, o.partitions, o.pace, o.every, o.lasts, o.calm, runtime.NumCPU(), kafka.Options().Version)
	fmt.Print(heading)
	for _, protocol := range o.protocols {
		for _, c := range o.clients {
			r, err := measure(ctx, o, kafka.Servers(), c, protocol)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", c.name, protocol, err)
			}
			fmt.Println(r)
		}
	}
	return nil
}
