// Command restart kills Conduit again and again while records go through it, starts it
// again and measures how long it takes until a record arrives, how many come twice and
// whether any is lost.
//
//	restart -conduit bin/conduit                       20 rounds for each architecture and ending
//	restart -ends kill -archs 1 -rounds 50 -rate 3000
//	restart -protocol consumer                     with groups of KIP-848
//
// The pipeline reads a topic and writes a file. Kafka is started here, with the brokers'
// own default for group.initial.rebalance.delay.ms; KAFKA_TEST_SERVERS names another one.
//
//	main.go      what is asked for, and what is printed
//	rounds.go    a pipeline that is ended and started again
//	records.go   what is written to the topic, and what is in the file
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/cmd/internal/stats"
)

type options struct {
	conduit     string
	archs, ends []string
	rounds      int
	rate        int
	partitions  int
	nodes       int
	protocol    string
	run         time.Duration
	dir         string
}

func main() {
	var o options
	archs, ends := "1,2", "kill,stop"
	flag.StringVar(&o.conduit, "conduit", "bin/conduit", "executable of cmd/conduit")
	flag.StringVar(&archs, "archs", archs, "Conduit's pipeline architectures")
	flag.StringVar(&ends, "ends", ends, "how Conduit is ended: kill is SIGKILL, stop SIGINT")
	flag.IntVar(&o.rounds, "rounds", 20, "restarts of each")
	flag.IntVar(&o.rate, "rate", 1000, "records a second")
	flag.IntVar(&o.partitions, "partitions", 6, "of the topic")
	flag.IntVar(&o.nodes, "nodes", 1, "brokers: 1 or 3")
	flag.StringVar(&o.protocol, "protocol", "classic", "groupProtocol: classic or consumer")
	flag.DurationVar(&o.run, "run", 3*time.Second, "how long records go through between two restarts, at least; half of that is added by chance")
	flag.StringVar(&o.dir, "dir", "", "where files are kept; empty: nowhere")
	flag.Parse()
	o.archs, o.ends = strings.Split(archs, ","), strings.Split(ends, ",")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "restart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	cluster, err := broker.Start(ctx, broker.Options{Nodes: o.nodes, Properties: map[string]string{"group.initial.rebalance.delay.ms": "3000"}})
	if err != nil {
		return err
	}
	defer func() {
		if stopped := cluster.Stop(); err == nil {
			err = stopped
		}
	}()
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "restart"); err != nil {
			return err
		}
		defer os.RemoveAll(o.dir)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "architecture\tended by\trestarts\tOpen → first record: median\tmax\tstart → first record: median\tmax\trecords\ttwice\tlost")
	for _, arch := range o.archs {
		for _, end := range o.ends {
			r, err := measure(ctx, o, cluster.Servers(), arch, end)
			if err != nil {
				return fmt.Errorf("architecture %s, %s: %w", arch, end, err)
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%d\t%d\t%d\n", arch, end, len(r.opened),
				seconds(stats.Median(r.opened)), seconds(slices.Max(r.opened)), seconds(stats.Median(r.started)), seconds(slices.Max(r.started)), r.written, r.twice, r.lost)
		}
	}
	return w.Flush()
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
