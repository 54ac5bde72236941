// Command suite runs the tests of all modules of this repository for make test and
// make test-unit. It says first what it will run, shows each package and each slow
// test as it ends, and closes with one summary. It must start in the repository's
// root.
//
//	suite [-unit] [-kafka bin/kafka] [-- flags of go test…]
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	var o options
	flag.BoolVar(&o.unit, "unit", false, "leave out what needs a real Kafka")
	flag.StringVar(&o.kafka, "kafka", "", "program that runs a command with a Kafka of its own: test/cmd/kafka")
	flag.BoolVar(&o.raw, "raw", false, "run the tests that need a real Kafka and print the output of go test -json, as suite does within that program")
	flag.Parse()
	o.flags = flag.Args()

	// go test ends at these by itself, and what it started with it. Exiting before
	// would leave processes running.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)

	failed, err := run(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
	}
	if failed || err != nil {
		os.Exit(1)
	}
}

type options struct {
	unit  bool
	raw   bool
	kafka string
	flags []string // for go test
}

// command is the one that runs this program.
func (o options) command() string {
	if o.unit {
		return "make test-unit"
	}
	return "make test"
}

func run(o options) (failed bool, err error) {
	p, err := makePlan(modules)
	if err != nil {
		return true, err
	}
	if o.raw {
		return !runAll(p.withKafka(o), &wholeWrites{w: os.Stdout}, os.Stderr), nil
	}
	takes, err := usual(o.command())
	if err != nil {
		return true, err
	}
	p.describe(os.Stdout, o, takes)
	r := newReport(os.Stdout)
	r.stage(func(out, errOut io.Writer) bool {
		if o.unit {
			return runAll(p.fast(o), out, errOut)
		}
		return runEverything(p, o, out, errOut)
	})
	return r.summary(), nil
}
