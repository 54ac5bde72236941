// Command kills ends Conduit again and again while it copies numbered records from one
// topic of Kafka to another, reads the copy back as consumers of committed records do,
// and counts what is lost, what is there twice and what is out of order.
//
//	kills                                          50 × kill -9, in each architecture
//	kills -exactly -leaders 10s                    and the leader of a partition is killed every 10 s
//	kills -exactly -processes 3 -ends kill,stop,freeze -life 1m -for 10m -kills 1
//	kills -exactly -bad 1000 -rate 500 -records 100000
//	                                               one record of 1,000 can't be written
//
// Each record that can't be written takes those after it in the batch to the dead-letter
// queue, one by one: more than one such record a second is more than Conduit can do.
//
// It starts three brokers. A seed chooses the moments; how far Conduit has come at each
// depends on the machine. What is lost, or twice in spite of exactlyOnce, ends it with
// status 1. Several processes need lives that are longer than sessionTimeout, or the group
// is never complete and they copy nothing until the last ending.
//
//	main.go      what is asked for
//	run.go       one run: topics, writer, processes, and what they leave
//	process.go   a Conduit that is ended and started again
//	pipeline.go  the pipeline
//	leaders.go   brokers that are killed
//	records.go   what is written, and its numbers
//	watch.go     what arrives meanwhile
//	account.go   what is in the copy in the end
//	result.go    what is printed
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

type options struct {
	conduit    string
	archs      []string
	ends       []string
	records    int
	rate       int
	kills      int
	atLeast    time.Duration
	life       time.Duration
	early      float64
	frozen     time.Duration
	leaders    time.Duration
	processes  int
	partitions int
	bad        int
	batch      int
	exactly    bool
	bury       bool
	session    time.Duration
	seed       uint64
	dir        string
}

func main() {
	var o options
	archs, ends := "1,2", "kill"
	flag.StringVar(&o.conduit, "conduit", "bin/conduit", "executable of cmd/conduit")
	flag.StringVar(&archs, "archs", archs, "Conduit's pipeline architectures")
	flag.StringVar(&ends, "ends", ends, "how Conduit is ended, one of these by chance: kill is SIGKILL, stop SIGINT, freeze SIGSTOP and, after -frozen, SIGCONT")
	flag.IntVar(&o.records, "records", 500_000, "how many are copied, at least: they are written until the last kill")
	flag.IntVar(&o.rate, "rate", 3000, "records a second that are written")
	flag.IntVar(&o.kills, "kills", 50, "how often Conduit is ended, at least")
	flag.DurationVar(&o.atLeast, "for", 0, "how long Conduit is ended again and again, at least")
	flag.DurationVar(&o.life, "life", 4*time.Second, "how long Conduit runs after its first record, at most")
	flag.Float64Var(&o.early, "early", 0.2, "share of lives that end within half of -life after their start, maybe before a record has come")
	flag.DurationVar(&o.frozen, "frozen", time.Minute, "how long a frozen Conduit stands still")
	flag.DurationVar(&o.leaders, "leaders", 0, "how often the leader of a partition of the copy is killed; 0: never")
	flag.IntVar(&o.processes, "processes", 1, "how many Conduits share the group")
	flag.IntVar(&o.partitions, "partitions", 6, "of each topic")
	flag.IntVar(&o.bad, "bad", 0, "one record of this many is too large for the copy, and goes to a dead-letter queue; 0: none")
	flag.IntVar(&o.batch, "batch", 1000, "sdk.batch.size of the destination in the first architecture; 0: unset, it writes one record at a time")
	flag.BoolVar(&o.exactly, "exactly", false, "set exactlyOnce")
	flag.BoolVar(&o.bury, "bury", false, "take dead members out of the group, for versions that don't")
	flag.DurationVar(&o.session, "session", 45*time.Second, "sessionTimeout")
	flag.Uint64Var(&o.seed, "seed", 1, "of the moments")
	flag.StringVar(&o.dir, "dir", "", "where Conduit's files are kept; empty: nowhere")
	flag.Parse()
	o.archs, o.ends = strings.Split(archs, ","), strings.Split(ends, ",")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "kills:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	if o.conduit, err = filepath.Abs(o.conduit); err != nil {
		return err
	}
	for _, end := range o.ends {
		if !slices.Contains([]string{"kill", "stop", "freeze"}, end) {
			return fmt.Errorf("-ends: %q is none of kill, stop and freeze", end)
		}
	}
	b := broker.Options{Nodes: 3, Faults: o.leaders > 0, Properties: make(map[string]string)}
	if !o.bury { // what Kafka does by itself; a group whose dead are buried is one that begins
		b.Properties["group.initial.rebalance.delay.ms"] = "3000"
	}
	cluster, err := broker.Start(ctx, b)
	if err != nil {
		return err
	}
	defer func() {
		if stopped := cluster.Stop(); err == nil {
			err = stopped
		}
	}()
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "kills"); err != nil {
			return err
		}
		defer os.RemoveAll(o.dir)
	}
	var failed []string
	for _, arch := range o.archs {
		r, err := measure(ctx, o, cluster, arch)
		if err != nil {
			return fmt.Errorf("architecture %s, seed %d: %w", arch, o.seed, err)
		}
		r.print()
		if r.lost > 0 || o.exactly && r.twice+r.disorder > 0 {
			failed = append(failed, arch)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("delivery is not what was promised: architecture %s, seed %d", strings.Join(failed, " and "), o.seed)
	}
	return nil
}
