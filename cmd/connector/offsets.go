package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

const offsetsUsage = `Show or reset the offsets of a source's consumer group.

  connector offsets show  -config FILE [-connector ID] [-conduit URL] [-json]
  connector offsets reset -config FILE [-connector ID] TARGET [-topic TOPIC[:PARTITION,…]]… [-execute]
  connector offsets show|reset … SETTING=VALUE…

TARGET is one of -to-earliest, -to-latest, -to-current, -to-offset, -to-datetime,
-by-duration, -shift-by and -from-file. Without -execute a reset only says what it would do.
It is refused while the group has members: stop the pipelines first.

The exit status is 0, 1 after an error, 2 if arguments or settings are wrong, and 3 if the
group has members.

`

// statusActive is the exit status of a reset that is refused since the group has members.
const statusActive = 3

// offsetsCommand is the arguments of show or reset.
type offsetsCommand struct {
	sources   []candidate
	conduit   string // address of Conduit's API, "" for none
	connector string // its ID there; "" if the file says it
	json      bool
	target    targetFlags // of reset
	topics    topicFlags
	execute   bool
	export    bool
}

func runOffsets(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	verb := ""
	if len(args) > 0 && (args[0] == "show" || args[0] == "reset") {
		verb, args = args[0], args[1:]
	}
	c, err := parseOffsets(verb, args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return statusOK
	case err != nil:
		fmt.Fprintf(stderr, "connector offsets %s: %v\n", verb, err)
		return statusUsage
	}
	out := offsetsOutput{stdout, c.json}
	status := statusOK
	for i, s := range c.sources {
		if i > 0 {
			fmt.Fprintln(stdout)
		}
		if verb == "show" {
			err = c.show(ctx, s, out)
		} else {
			err = c.reset(ctx, s, out)
		}
		if err != nil {
			fmt.Fprintf(stderr, "connector offsets %s: %s: %s\n", verb, s.name, oneLine(err.Error()))
			status = max(status, statusOf(err))
		}
	}
	return status
}

func statusOf(err error) int {
	var active *kafka.ActiveGroupError
	var usage *usageError
	switch {
	case errors.As(err, &active):
		return statusActive
	case errors.As(err, &usage):
		return statusUsage
	}
	return statusFailed
}

// usageError is about what was given and not about the cluster.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

func parseOffsets(verb string, args []string, stderr io.Writer) (offsetsCommand, error) {
	var c offsetsCommand
	f := flag.NewFlagSet("connector offsets", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	config := f.String("config", "", "pipeline `file` of Conduit's, version 2")
	f.StringVar(&c.connector, "connector", "", "`ID` of the source in it, or, with settings, in Conduit")
	f.StringVar(&c.conduit, "conduit", "", "`address` of Conduit's HTTP API, for the position that it holds: http://localhost:8080")
	f.BoolVar(&c.json, "json", false, "print JSON")
	if verb != "show" {
		c.target.register(f)
		f.Var(&c.topics, "topic", "reset this `topic` only, or partitions of it, as in orders:0,3; may be repeated")
		f.BoolVar(&c.execute, "execute", false, "make the reset")
		f.BoolVar(&c.export, "export", false, "print the new offsets as CSV, for -from-file")
	}
	help := func() {
		f.SetOutput(stderr)
		fmt.Fprint(stderr, offsetsUsage)
		f.PrintDefaults()
	}
	settings, err := parseFlags(f, args)
	switch {
	case err != nil:
		help()
		return c, err
	case verb == "":
		help()
		return c, errors.New("say what to do: show or reset")
	case *config != "" && len(settings) > 0:
		return c, errors.New("give either -config or settings, not both")
	case *config == "" && len(settings) == 0:
		help()
		return c, errors.New("there is no source: give -config FILE or settings as SETTING=VALUE")
	case c.json && c.export:
		return c, errors.New("give either -json or -export, not both")
	}
	if verb == "reset" {
		if err := c.target.resolve(); err != nil {
			return c, err
		}
	}
	if *config != "" {
		c.sources, err = sourcesOf(*config, c.connector)
	} else if c.sources, err = fromSettings(settings, "source"); err == nil {
		c.sources[0].id = c.connector
	}
	return c, errors.Join(err, c.check(verb))
}

// sourcesOf lists the sources of a pipeline file.
func sourcesOf(name, id string) ([]candidate, error) {
	all, err := fromFile(name, id)
	if err != nil {
		return nil, err
	}
	var sources []candidate
	for _, c := range all {
		if c.source {
			sources = append(sources, c)
		}
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("%s has no Kafka source%s: only sources have offsets", name, withID(id))
	}
	return sources, nil
}

func (c *offsetsCommand) check(verb string) error {
	if verb == "reset" && len(c.sources) > 1 {
		var names string
		for _, s := range c.sources {
			names += " " + s.id
		}
		return fmt.Errorf("the file has %d Kafka sources: choose one with -connector:%s", len(c.sources), names)
	}
	if c.conduit != "" && len(c.sources) > 0 && c.sources[0].id == "" {
		return errors.New("-conduit needs the ID that the source has in Conduit: give it with -connector, as pipeline:connector for one of a pipeline file")
	}
	return nil
}

// position is the one that Conduit holds, and an error if the settings are wrong.
func (c *offsetsCommand) position(ctx context.Context, s candidate) ([]byte, error) {
	for _, r := range s.missing() {
		return nil, &usageError{fmt.Errorf("%s: %s; %s", r.Subject, r.Reason, r.Remedy)}
	}
	if _, err := kafka.ParseSource(s.settings); err != nil {
		return nil, &usageError{err}
	}
	if c.conduit == "" {
		return nil, nil
	}
	return positionOf(ctx, c.conduit, s.id)
}

func (c *offsetsCommand) show(ctx context.Context, s candidate, out offsetsOutput) error {
	position, err := c.position(ctx, s)
	if err != nil {
		return err
	}
	found, err := kafka.DescribeOffsets(ctx, s.settings, position)
	if err != nil {
		return err
	}
	return out.standing(s.name, found, c.conduit != "")
}

func (c *offsetsCommand) reset(ctx context.Context, s candidate, out offsetsOutput) error {
	position, err := c.position(ctx, s)
	if err != nil {
		return err
	}
	done, err := kafka.ResetOffsets(ctx, s.settings, position, kafka.OffsetsReset{To: c.target.to, Topics: c.topics, Execute: c.execute})
	if err != nil {
		return err
	}
	if c.export {
		return out.export(done)
	}
	return out.moves(s.name, done, c.execute)
}
