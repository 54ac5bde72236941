package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/report"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "render" {
		return render(args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "compare" {
		return compare(args[1:], stdout)
	}
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	p := newPlan(o)
	if len(p) == 0 {
		return errors.New("nothing to run: no cell and contender fits the flags")
	}
	if o.list {
		p.show(stdout)
		return nil
	}
	return measure(ctx, o, p, args, stdout, stderr)
}

// measure runs a plan, and reports on what there is also if something failed.
func measure(ctx context.Context, o options, p plan, args []string, stdout, stderr io.Writer) error {
	machine := describeMachine(ctx, o.root)
	fmt.Fprintf(stderr, "%d cells, about %s. Building.\n", len(p), p.takes().Round(time.Minute))
	if err := o.build(ctx, p); err != nil {
		return err
	}
	const busy = 0.5
	if machine.Load > busy {
		fmt.Fprintf(stderr, "The machine is not quiet: its load is %.2f. Figures will be worth less.\n", machine.Load)
	}
	now := time.Now()
	b := &bench{
		options:  o,
		progress: stderr,
		file:     &result.File{Machine: machine, Started: now, Arguments: args},
		saved:    filepath.Join(o.out, "bench-"+now.UTC().Format("20060102-150405")+".json"),
	}
	err := b.measure(ctx, p)
	if len(b.file.Measurements) == 0 {
		return errors.Join(err, errors.New("nothing was measured"))
	}
	err = errors.Join(err, show(b.file, o.docs, stdout))
	fmt.Fprintln(stdout, "\nRaw results:", b.saved)
	return errors.Join(err, b.failures())
}

// failures are the runs that failed.
func (b *bench) failures() error {
	var errs []error
	for _, m := range b.file.Measurements {
		if m.Run.Error != "" {
			errs = append(errs, fmt.Errorf("%s: %s: %s: %s", m.Cell.Part, m.Cell, m.Contender, m.Run.Error))
		}
	}
	return errors.Join(errs...)
}

func render(args []string, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("bench render", flag.ContinueOnError)
	f.SetOutput(stderr)
	docs := f.String("docs", "docs", "directory for benchmarks.md and the plots; empty for none")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return errors.New("render: give the file of raw results, for example out/bench-20060102-150405.json")
	}
	file, err := result.Load(f.Arg(0))
	if err != nil {
		return err
	}
	return show(file, *docs, stdout)
}

// compare fails if a cell has become slower.
func compare(args []string, stdout io.Writer) error {
	if len(args) != 2 {
		return errors.New("compare: give two files of raw results, the older one first")
	}
	before, err := result.Load(args[0])
	if err != nil {
		return err
	}
	after, err := result.Load(args[1])
	if err != nil {
		return err
	}
	slower, err := report.Compare(stdout, before, after)
	if err == nil && slower > 0 {
		err = fmt.Errorf("compare: %s slower than noise explains", result.Plural(slower, "figure"))
	}
	return err
}

func show(f *result.File, docs string, stdout io.Writer) error {
	if err := report.Print(stdout, f); err != nil {
		return err
	}
	if docs == "" {
		return nil
	}
	return report.Write(docs, f)
}
