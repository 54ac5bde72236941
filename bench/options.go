package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

type options struct {
	root       string
	servers    string // of the user's cluster; empty for one of our own
	cells      string
	parts      []result.Part
	match      *regexp.Regexp // cells
	contenders *regexp.Regexp
	rounds     int // 0: as planned
	duration   time.Duration
	scale      float64
	out, docs  string
	profiles   string
	list       bool
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	o := options{servers: os.Getenv("KAFKA_SERVERS")}
	var parts, match, contenders string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.root, "root", ".", "the repository")
	f.StringVar(&o.cells, "cells", "default", "default (25 minutes), quick (5 minutes, of the connector and what does the same work) or full (hours)")
	f.StringVar(&parts, "parts", "", "only these, separated by commas: "+partNames())
	f.StringVar(&match, "match", "", "only cells whose name this pattern is in, for example \"1 KB, zstd\"")
	f.StringVar(&contenders, "contenders", "", "only contenders whose name this pattern is in, for example \"connector|franz\"")
	f.IntVar(&o.rounds, "rounds", 0, "how often each contender runs; 0 for the plan's number")
	f.DurationVar(&o.duration, "for", 2500*time.Millisecond, "time of a run of a client; pipelines get three times as much")
	f.Float64Var(&o.scale, "scale", 1, "multiply all numbers of records, for example 0.01 to see whether all runs")
	f.StringVar(&o.out, "out", "out", "directory for raw results and logs")
	f.StringVar(&o.docs, "docs", "docs", "directory for benchmarks.md, the plots and the history; empty for none, as with -cells quick unless it is given")
	f.StringVar(&o.profiles, "profiles", "", "directory for CPU and allocation profiles of clients and of Conduit, which slow them down")
	f.BoolVar(&o.list, "list", false, "only print what would be run, and how long it takes")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	var errs []error
	if f.NArg() > 0 {
		errs = append(errs, fmt.Errorf("unknown arguments: %q", f.Args()))
	}
	if !slices.Contains([]string{"default", "quick", "full"}, o.cells) {
		errs = append(errs, fmt.Errorf("cells: %q is not allowed: default, quick or full", o.cells))
	}
	if given := false; o.cells == "quick" {
		f.Visit(func(f *flag.Flag) { given = given || f.Name == "docs" })
		if !given {
			o.docs = ""
		}
	}
	if o.scale <= 0 || o.rounds < 0 || o.duration <= 0 {
		errs = append(errs, errors.New("scale and for must be above 0, rounds 0 or above"))
	}
	var err error
	o.parts, err = parseParts(parts)
	errs = append(errs, err)
	o.match, err = regexp.Compile(match)
	errs = append(errs, err)
	o.contenders, err = regexp.Compile(contenders)
	return o, errors.Join(append(errs, err)...)
}

func parseParts(text string) ([]result.Part, error) {
	if text == "" {
		return result.Parts, nil
	}
	var parts []result.Part
	for _, name := range strings.Split(text, ",") {
		p := result.Part(strings.TrimSpace(name))
		if !slices.Contains(result.Parts, p) {
			return nil, fmt.Errorf("parts: %q is unknown: %s", p, partNames())
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func partNames() string {
	var names []string
	for _, p := range result.Parts {
		names = append(names, string(p))
	}
	return strings.Join(names, ",")
}
