package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

const usage = `Check what a Kafka connector needs of its cluster. Nothing is read, written or changed.

  connector check -config FILE [-connector ID]
  connector check [-type source|destination] SETTING=VALUE…

`

// The exit statuses.
const (
	statusOK     = 0
	statusFailed = 1 // a step failed
	statusUsage  = 2 // there was nothing to check
)

// candidate is a connector to check.
type candidate struct {
	name     string // "source orders:from"
	source   bool
	settings map[string]string
}

func runCheck(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	candidates, err := parseArguments(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return statusOK
	}
	if err != nil {
		fmt.Fprintln(stderr, "connector check:", err)
		return statusUsage
	}
	status := statusOK
	for i, c := range candidates {
		if i > 0 {
			fmt.Fprintln(stdout)
		}
		if failed := c.check(ctx, stdout); failed > 0 {
			status = statusFailed
		}
	}
	return status
}

func parseArguments(args []string, stderr io.Writer) ([]candidate, error) {
	f := flag.NewFlagSet("connector check", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	config := f.String("config", "", "pipeline file of Conduit's, version 2")
	id := f.String("connector", "", "ID of the connector in it; without, each Kafka connector is checked")
	side := f.String("type", "", "source or destination, where the settings don't tell")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case *config != "" && f.NArg() > 0:
		return nil, fmt.Errorf("give either -config or settings, not both: %q", f.Args())
	case *config != "":
		return fromFile(*config, *id)
	case f.NArg() == 0:
		f.Usage()
		return nil, errors.New("there is nothing to check: give -config FILE or settings as SETTING=VALUE")
	}
	return fromSettings(f.Args(), *side)
}

// fromSettings makes a candidate of SETTING=VALUE arguments.
func fromSettings(args []string, side string) ([]candidate, error) {
	settings := make(map[string]string, len(args))
	for _, a := range args {
		name, value, ok := strings.Cut(a, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not SETTING=VALUE, for example servers=localhost:9092", a)
		}
		settings[name] = value
	}
	if side == "" {
		if side = sideOf(settings); side == "" {
			return nil, errors.New("source and destination both have these settings: say which it is with -type")
		}
	}
	if side != "source" && side != "destination" {
		return nil, fmt.Errorf("-type: %q is not allowed: source or destination", side)
	}
	return []candidate{{name: side, source: side == "source", settings: settings}}, nil
}

// sideOf tells by settings that only one side has, "" if there are none.
func sideOf(settings map[string]string) string {
	spec := kafka.Connector.NewSpecification()
	for name := range settings {
		_, source := spec.SourceParams[name]
		_, destination := spec.DestinationParams[name]
		switch {
		case source && !destination:
			return "source"
		case destination && !source:
			return "destination"
		}
	}
	return ""
}

// check prints a table and returns how many steps failed.
func (c candidate) check(ctx context.Context, stdout io.Writer) (failed int) {
	fmt.Fprintln(stdout, c.name)
	run := kafka.CheckDestination
	if c.source {
		run = kafka.CheckSource
	}
	results := run(ctx, c.settings)
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, r := range results {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", r.Outcome, r.Step, r.Subject, oneLine(r.Reason))
		if r.Remedy != "" {
			failed++
			fmt.Fprintf(w, "  \t\t\t→ %s\n", r.Remedy)
		}
	}
	_ = w.Flush() // a buffer takes everything
	for line := range strings.Lines(table.String()) {
		fmt.Fprintln(stdout, strings.TrimRight(line, " \n"))
	}
	if failed > 0 {
		fmt.Fprintf(stdout, "%d of %d steps failed\n", failed, len(results))
	} else {
		fmt.Fprintln(stdout, "nothing failed")
	}
	return failed
}

// oneLine keeps an error of several lines in its column.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
