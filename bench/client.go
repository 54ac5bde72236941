package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/lab"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

// client is a contender that runs in the program contender.
type client struct {
	options
	label     string
	role      result.Part
	library   string // connector, franz-go, kafka-go
	published bool   // built against the published connector
	args      []string
}

const (
	// overhead is what a run takes around what it measures: starting, joining,
	// closing, and deleting topics.
	overhead = 800 * time.Millisecond
	// readWarmUp is how long they flow before any counts.
	readWarmUp = 2 * time.Second
	// lateAcks is how often a host acknowledges that does so when its positions are
	// on disk, as Conduit from 0.19 on.
	lateAcks = time.Second
	// guard bounds a run; nothing that goes well takes as long.
	guard = 3 * time.Minute
)

func (c *client) name() string { return c.label }

func (c *client) takes(cell result.Cell) time.Duration {
	switch c.role {
	case result.Growth, result.WriteGrowth:
		const slowest = 1_200_000 // records a second
		return overhead + time.Duration(cell.Records)*time.Second/slowest
	case result.LateAcks:
		return overhead + c.wholeIntervals() + lateAcks
	case result.ReadLatency:
		return overhead + readWarmUp + c.reading(cell)
	}
	return overhead + c.duration
}

func (c *client) prepare(ctx context.Context, l *lab.Lab, cell result.Cell) error {
	if !readsTopic(cell.Part) {
		return nil
	}
	_, err := l.Filled(ctx, cell)
	return err
}

// run measures once and has the brokers count.
func (c *client) run(ctx context.Context, l *lab.Lab, cell result.Cell, round int) (result.Run, error) {
	if readsTopic(cell.Part) {
		topic, err := l.Filled(ctx, cell)
		if err != nil {
			return result.Run{}, err
		}
		group := lab.NewName("group")
		r, err := c.start(ctx, l, cell, round, "-topic="+topic, "-group="+group)
		if err != nil || c.library == recordsAlone {
			r.Arrived = -1
			return r, err
		}
		r.Arrived, err = l.Committed(ctx, group, topic)
		return r, err
	}
	topic, err := l.Fresh(ctx, cell)
	if err != nil {
		return result.Run{}, err
	}
	var r result.Run
	if cell.Part == result.ReadLatency {
		r, err = c.follow(ctx, l, cell, round, topic)
	} else if r, err = c.start(ctx, l, cell, round, "-topic="+topic); err == nil {
		r.Arrived, err = l.EndOffset(ctx, topic)
	}
	return r, errors.Join(err, l.Delete(context.WithoutCancel(ctx), topic))
}

// follow measures while records are written.
func (c *client) follow(ctx context.Context, l *lab.Lab, cell result.Cell, round int, topic string) (result.Run, error) {
	stop, err := l.Pace(topic, cell.Partitions, cell.PerSecond(), cell.Size)
	if err != nil {
		return result.Run{}, err
	}
	r, err := c.start(ctx, l, cell, round, "-topic="+topic, "-group="+lab.NewName("group"), "-warm-up="+readWarmUp.String())
	r.Arrived = -1
	return r, errors.Join(err, stop())
}

// start runs the program and reads what it prints.
func (c *client) start(ctx context.Context, l *lab.Lab, cell result.Cell, round int, more ...string) (result.Run, error) {
	var r result.Run
	args, err := c.arguments(l, cell, round, more)
	if err != nil {
		return r, err
	}
	ctx, cancel := context.WithTimeout(ctx, guard)
	defer cancel()
	cmd := exec.Command(c.program(c.published), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	p, err := conduit.Start(cmd)
	if err != nil {
		return r, err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		_ = p.Stop(time.Second)
		return r, errors.Join(ctx.Err(), errors.New(lastLine(stderr.String())))
	}
	if err := p.Err(); err != nil {
		return r, fmt.Errorf("%w: %s", err, lastLine(stderr.String()))
	}
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		return r, fmt.Errorf("read the result: %w", err)
	}
	return r, nil
}

func (c *client) arguments(l *lab.Lab, cell result.Cell, round int, more []string) ([]string, error) {
	role, duration := c.role, c.duration
	switch role {
	case result.Growth: // all records, however long it takes
		role, duration = result.Source, guard
	case result.WriteGrowth:
		role, duration = result.Destination, guard
	case result.LateAcks:
		role, duration = result.Source, c.wholeIntervals()
	case result.ReadLatency:
		duration = c.reading(cell)
	}
	args := []string{"-role=" + string(role), "-client=" + c.library, "-servers=" + strings.Join(l.Servers, ","),
		"-codec=" + cell.Codec, "-size=" + strconv.Itoa(cell.Size), "-for=" + duration.String()}
	if cell.Records > 0 {
		args = append(args, "-records="+strconv.FormatInt(cell.Records, 10))
	}
	args = append(append(args, c.args...), more...)
	name, err := c.profile(cell, c.label, round)
	if name != "" {
		args = append(args, "-cpuprofile="+name+".cpu", "-memprofile="+name+".allocs")
	}
	return args, err
}

// reading is how long the latency of reading is measured: longer where few records come.
func (o options) reading(cell result.Cell) time.Duration {
	if cell.PerSecond() < 10 {
		return 2 * o.duration
	}
	return o.duration
}

// wholeIntervals is the time of a run, rounded up to one that ends with an ack: a
// reader that waits for acks reads in bursts, and a part of one would distort the rate.
func (o options) wholeIntervals() time.Duration {
	return (o.duration + lateAcks - 1).Truncate(lateAcks)
}

// profile is what the names of a run's profiles start with, empty for none.
func (o options) profile(cell result.Cell, contender string, round int) (string, error) {
	if o.profiles == "" {
		return "", nil
	}
	if err := os.MkdirAll(o.profiles, 0o755); err != nil {
		return "", fmt.Errorf("make directory for profiles: %w", err)
	}
	return filepath.Join(o.profiles, fileName(fmt.Sprintf("%s %s %s %d", cell.Part, cell, contender, round))), nil
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9.=]+`)

// fileName is a text that can be a file's name.
func fileName(text string) string { return strings.Trim(notInNames.ReplaceAllString(text, "-"), "-") }

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
