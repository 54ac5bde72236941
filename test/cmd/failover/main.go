// Command failover moves, kills and freezes the leader of partitions again and again while
// records are written and read, and measures how long each side stands still: the connector
// and franz-go, in the same cluster at the same time.
//
//	failover                            30 moves, kills and freezes, and 30 times nothing
//	failover -calms 0 -moves 0 -freezes 0 -kills 5
//	failover -session 2s -frozen 8s     30 of each in a quarter of an hour
//
// Three brokers are started here. One topic is written by the connector and one by franz-go.
// A third is read by both, and written by a client that goes to the next leader as soon as
// there is one. Each has one partition, and all have the same leader. The pause is the
// longest time between two records. A reader's pause has that of the writer in it: what a
// reader adds is how long records waited that had been written.
//
// Who stands still until a frozen leader goes on has a pause of about -frozen, and would have
// a longer one if that were longer.
//
//	main.go     what is asked for, and what is printed
//	rounds.go   what is done to the leader
//	sides.go    what went through on each side
//	clients.go  those who write and read
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/cmd/internal/stats"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

type options struct {
	calms, moves, kills, freezes int
	session, frozen              time.Duration
}

func main() {
	var o options
	flag.IntVar(&o.calms, "calms", 30, "how often nothing is done, to compare with")
	flag.IntVar(&o.moves, "moves", 30, "how often the leader is moved")
	flag.IntVar(&o.kills, "kills", 30, "how often it is killed")
	flag.IntVar(&o.freezes, "freezes", 30, "how often it is frozen")
	flag.DurationVar(&o.session, "session", 4*time.Second, "how long a broker is silent before others lead what it led (broker.session.timeout.ms; Kafka's default is 9s)")
	flag.DurationVar(&o.frozen, "frozen", time.Minute, "how long a leader is frozen, unless records go through on all sides before")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "failover:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	cluster, err := broker.Start(ctx, broker.Options{Nodes: 3, Faults: true, Properties: map[string]string{
		"broker.session.timeout.ms":    fmt.Sprint(o.session.Milliseconds()),
		"broker.heartbeat.interval.ms": fmt.Sprint(o.session.Milliseconds() / 8),
	}})
	if err != nil {
		return err
	}
	defer func() {
		if stopped := cluster.Stop(); err == nil {
			err = stopped
		}
	}()
	client, err := kclient.New(cluster.Servers())
	if err != nil {
		return err
	}
	defer client.Close()
	f := &field{ctx: ctx, cluster: cluster, client: client, frozen: o.frozen}
	for _, topic := range topics {
		if err := client.CreateTopic(ctx, topic, 1, nil); err != nil {
			return err
		}
	}
	if err := f.start(); err != nil {
		return err
	}
	defer func() {
		if stopped := f.stop(); err == nil {
			err = stopped
		}
	}()
	for _, e := range []struct {
		name   string
		rounds int
		do     func(node int) error
	}{{"stays", o.calms, f.stay}, {"moves", o.moves, f.move}, {"is killed", o.kills, f.kill}, {"freezes", o.freezes, f.freeze}} {
		if e.rounds == 0 {
			continue
		}
		begun := time.Now()
		all, err := f.rounds(e.rounds, e.do)
		if err != nil {
			return fmt.Errorf("the leader %s: %w", e.name, err)
		}
		if err := f.print(e.name, all); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%d rounds took %s\n", e.rounds, time.Since(begun).Round(time.Second))
	}
	return nil
}

// print prints what rounds in which something was done to the leader brought for each side.
func (f *field) print(done string, all []result) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "leader\trounds\tside\tpause: median\tmax\trecords waited: median\tmax")
	for i, s := range f.all {
		waited := "\t"
		if s.source != nil {
			waited = both(all[i].waits)
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", done, len(all[i].pauses), s.name, both(all[i].pauses), waited)
	}
	return w.Flush()
}

// both are the median and the maximum, each in its column.
func both(all []time.Duration) string {
	return milliseconds(stats.Median(all)) + "\t" + milliseconds(slices.Max(all))
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
