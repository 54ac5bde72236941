package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

const usage = `Check what a Kafka connector needs of its cluster. Nothing is read, written or changed.

  connector check -config FILE [-connector ID]
  connector check [-type source|destination] SETTING=VALUE…

Others on this machine can see what is on a command line: give a password in a file, as
saslPasswordFile=PATH, or in -config FILE as a variable.

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
	id       string // in Conduit: "orders:from"; "" if it is not known
	source   bool
	settings map[string]string
	unset    map[string][]string // variables that are not set, by the setting that needs them
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
	f.SetOutput(io.Discard)
	config := f.String("config", "", "pipeline file of Conduit's, version 2")
	id := f.String("connector", "", "ID of the connector in it; without, each Kafka connector is checked")
	side := f.String("type", "", "source or destination, where the settings don't tell")
	help := func() {
		f.SetOutput(stderr)
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	settings, err := parseFlags(f, args)
	if err != nil {
		help()
		return nil, err
	}
	switch {
	case *side != "" && *side != "source" && *side != "destination":
		return nil, errors.New("-type: it is either source or destination")
	case *config != "" && len(settings) > 0:
		return nil, errors.New("give either -config or settings, not both")
	case *config != "":
		return fromFile(*config, *id)
	case len(settings) == 0:
		help()
		return nil, errors.New("there is nothing to check: give -config FILE or settings as SETTING=VALUE")
	}
	return fromSettings(settings, *side)
}

// parseFlags returns the arguments that are no flags. Flags may stand before, among
// and after them.
func parseFlags(f *flag.FlagSet, args []string) (others []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, withoutValue(err)
		}
		if f.NArg() == 0 {
			return others, nil
		}
		others = append(others, f.Arg(0))
		args = f.Args()[1:]
	}
}

// withoutValue is an error about a flag that does not repeat what may be a password.
func withoutValue(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	text, _, _ := strings.Cut(err.Error(), "=")
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok && isSetting(name) {
		return fmt.Errorf("settings have no - before them: %s=VALUE", name)
	}
	if strings.HasPrefix(text, "bad flag syntax") {
		return errors.New("an argument begins with - and is no flag")
	}
	return errors.New(text)
}

// check prints a table and returns how many steps failed.
func (c candidate) check(ctx context.Context, stdout io.Writer) (failed int) {
	fmt.Fprintln(stdout, c.name)
	run := kafka.CheckDestination
	if c.source {
		run = kafka.CheckSource
	}
	results := append(c.missing(), run(ctx, c.settings)...)
	var rows [][]string
	for _, r := range results {
		rows = append(rows, []string{string(r.Outcome), r.Step, r.Subject, r.Reason})
		if r.Remedy != "" {
			failed++
			rows = append(rows, []string{"", "", "", "→ " + r.Remedy})
		}
	}
	_ = printTable(stdout, rows)
	if failed > 0 {
		fmt.Fprintf(stdout, "%d of %d steps failed\n", failed, len(results))
	} else {
		fmt.Fprintln(stdout, "nothing failed")
	}
	return failed
}

// missing are results for variables of the settings that are not set here.
func (c candidate) missing() []kafka.CheckResult {
	var out []kafka.CheckResult
	for _, setting := range slices.Sorted(maps.Keys(c.unset)) {
		what := "it is empty"
		if c.settings[setting] != "" {
			what = "a part of it is missing"
		}
		out = append(out, kafka.CheckResult{
			Step: "settings", Subject: setting, Outcome: "failed",
			Reason: fmt.Sprintf("%s: $%s is not set, and Conduit puts nothing in its place", what, strings.Join(c.unset[setting], ", $")),
			Remedy: "set it in the environment of Conduit (and of this check); if the $ is meant, give the value in a file or a variable: docs/configuration.md, Passwords and secrets",
		})
	}
	return out
}

// printTable prints rows in columns, and nothing of what brokers say that a terminal would
// obey.
func printTable(to io.Writer, rows [][]string) error {
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i := range row {
			row[i] = oneLine(row[i])
		}
		fmt.Fprintf(w, "  %s\n", strings.Join(row, "\t"))
	}
	_ = w.Flush() // a buffer takes everything
	for line := range strings.Lines(table.String()) {
		if _, err := fmt.Fprintln(to, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// oneLine keeps an error of several lines in its column, and what others have written
// from the terminal.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
