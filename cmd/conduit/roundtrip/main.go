// Command roundtrip is what make run runs: a real Conduit with this
// repository's connector built in, and a Kafka for it.
//
// Without -pipelines it moves generated records through two pipelines,
// generator → Kafka topic → file, compares each record in the file with what was
// generated and ends with a summary. With -pipelines it runs pipelines of the
// user's until Ctrl-C. Kafka is KAFKA_SERVERS, or else an embedded fake in this
// process.
//
// The exit status is 0 only if every generated record came back with its
// content, or if pipelines of the user's ran without error; 130 after Ctrl-C in a
// round trip, 1 otherwise.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

type options struct {
	conduit   string // the host's executable
	out       string // directory for everything that is written
	records   int
	pipelines string // a pipeline file or directory of the user's; empty for the round trip
	servers   string // bootstrap servers; empty for the embedded Kafka
}

// errInterrupted is how a run ends that Ctrl-C stopped.
var errInterrupted = errors.New("interrupted")

func main() {
	o, err := parseOptions(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = run(o, os.Stdout)
	}
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "roundtrip:", err)
	if errors.Is(err, errInterrupted) {
		os.Exit(130)
	}
	os.Exit(1)
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	o := options{servers: os.Getenv("KAFKA_SERVERS")}
	f := flag.NewFlagSet("roundtrip", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.conduit, "conduit", "bin/conduit", "Conduit with the Kafka connector built in")
	f.StringVar(&o.out, "out", "out", "directory for pipelines, logs and output")
	f.IntVar(&o.records, "records", 100_000, "how many records to generate")
	f.StringVar(&o.pipelines, "pipelines", "", "run this pipeline file instead, until Ctrl-C")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	return o, o.validate(f.Args())
}

func (o options) validate(rest []string) error {
	var errs []error
	if len(rest) > 0 {
		errs = append(errs, fmt.Errorf("unknown arguments: %q", rest))
	}
	if o.records < 1 {
		errs = append(errs, fmt.Errorf("records: %d is not allowed: 1 or more", o.records))
	}
	if o.pipelines != "" {
		if _, err := os.Stat(o.pipelines); err != nil {
			errs = append(errs, fmt.Errorf("pipelines: %w", err))
		}
	}
	if _, err := os.Stat(o.conduit); err != nil {
		errs = append(errs, fmt.Errorf("conduit: %w: build it with make build", err))
	}
	return errors.Join(errs...)
}

// run stops everything that it started before it returns.
func run(o options, stdout io.Writer) error {
	// Signals after the first are ignored: how long stopping takes is bounded.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return fmt.Errorf("make output directory: %w", err)
	}
	k, err := openKafka(o.servers)
	if err != nil {
		return err
	}
	defer k.close()
	if o.pipelines != "" {
		return runPipelines(ctx, o, k, stdout)
	}
	err = runRoundTrip(ctx, o, k, stdout)
	if err != nil && ctx.Err() != nil && !errors.Is(err, errInterrupted) {
		return errors.Join(errInterrupted, err)
	}
	return err
}
