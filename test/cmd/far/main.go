// Command far measures a source and a destination of many partitions, far from their
// brokers.
//
//	far                                    2,000 partitions of 500 topics, 50 ms away
//	far -partitions 10000 -distance 0      at no distance
//	far -mbit 2 -size 5000                 over slow links
//	kafka -nodes 3 -- far                  on real Kafka (test/cmd/kafka)
//
// The connector runs in a process of its own, so that CPU is its own. It is asked to
// read a record of each partition as a new group, and again as one that has committed;
// to be idle; to read 100 records a second; and to write a record to each topic, to
// topics that exist and to new ones.
//
//	main.go      what is asked for, and what is printed
//	house.go     the cluster, and proxies that make it far
//	guest.go     the process with the connector
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"
)

type options struct {
	partitions, topics int
	distance           time.Duration // of a round trip
	measure            time.Duration
	rate               int
	size               int // of a record's value
	mbit               int // a second, of each connection; 0: no limit
	read, write        bool
}

func main() {
	if role := os.Getenv(roleEnv); role != "" {
		exit(guest(role))
	}
	var o options
	flag.IntVar(&o.partitions, "partitions", 2000, "of all topics")
	flag.IntVar(&o.topics, "topics", 500, "to read and to write")
	flag.DurationVar(&o.distance, "distance", 50*time.Millisecond, "a round trip to the brokers")
	flag.DurationVar(&o.measure, "measure", 10*time.Second, "for how long CPU is measured")
	flag.IntVar(&o.rate, "rate", 100, "records a second of the trickle")
	flag.IntVar(&o.size, "size", 100, "bytes of a record's value")
	flag.IntVar(&o.mbit, "mbit", 0, "Mbit/s of each connection; 0 for no limit")
	flag.BoolVar(&o.read, "read", true, "whether to measure the source")
	flag.BoolVar(&o.write, "write", true, "whether to measure the destination")
	flag.Parse()
	exit(run(context.Background(), o))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "far:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(ctx context.Context, o options) error {
	h, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer h.close()
	fmt.Printf("%d partitions, %d topics, %s away, %d Mbit/s, records of %d bytes, %s\n", o.partitions, o.topics, o.distance, o.mbit, o.size, h.kind)
	begun := fmt.Sprint(time.Now().Unix()) // another time on the same cluster is another one
	if o.read {
		if err := h.measureSource(ctx, begun); err != nil {
			return err
		}
	}
	if o.write {
		return h.measureDestination(begun)
	}
	return nil
}

func (h *house) measureSource(ctx context.Context, begun string) error {
	for _, group := range []string{"a new group", "a group with commits"} {
		if err := h.fill(ctx); err != nil {
			return err
		}
		v, err := h.visit("source", map[string]string{
			"topics": h.list(), "groupID": "far-" + begun, "autoOffsetReset": "earliest", "readFromBeginning": "true", "partitions": fmt.Sprint(h.o.partitions),
		})
		if err != nil {
			return err
		}
		if err := v.say("%-34s %s", "first record of each, "+group); err != nil {
			return err
		}
		if err := h.measure(ctx, v, group); err != nil {
			return err
		}
	}
	return nil
}

func (h *house) measureDestination(begun string) error {
	for what, prefix := range map[string]string{"topics that exist": existing, "new topics": "new-" + begun} {
		v, err := h.visit("destination", map[string]string{"topicPrefix": prefix, "topics": fmt.Sprint(h.o.topics)})
		if err != nil {
			return err
		}
		if err := v.say("%-34s %s", "Write, "+what); err != nil {
			return err
		}
		if err := v.say("%-34s %s", "again"); err != nil {
			return err
		}
		if err := v.end(); err != nil {
			return err
		}
	}
	return nil
}

// measure asks for the CPU that a source takes, and lets it end.
func (h *house) measure(ctx context.Context, v *visitor, group string) error {
	time.Sleep(3 * time.Second) // it commits
	if err := v.ask("idle"); err != nil {
		return err
	}
	if err := v.say("%-34s %s", "idle, "+group); err != nil {
		return err
	}
	trickle, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- h.trickle(trickle) }()
	time.Sleep(time.Second)
	if err := v.ask("trickle"); err != nil {
		return err
	}
	if err := v.say("%-34s %s", fmt.Sprintf("%d records/s, %s", h.o.rate, group)); err != nil {
		return err
	}
	cancel()
	if err := <-ended; err != nil {
		return err
	}
	return v.end()
}
