package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
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
	overhead = 200 * time.Millisecond
	// readWarmUp is how long they flow before any counts.
	readWarmUp = 2 * time.Second
	// exactlyBatch is how many records a call writes where a record is written exactly once.
	exactlyBatch = 3000
	// exactlyWarmUp is readWarmUp there, where nothing flows before the reader has its group.
	exactlyWarmUp = time.Second
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
	case result.Source: // most have read all records before the time is over
		return overhead + c.duration*2/3
	case result.LateAcks:
		return overhead + c.wholeIntervals() + lateAcks
	case result.ReadLatency:
		return overhead + readWarmUp + c.reading(cell)
	case result.ExactlyLatency:
		return overhead + exactlyWarmUp + c.duration
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
	switch cell.Part {
	case result.ReadLatency:
		r, err = c.follow(ctx, l, cell, round, topic)
	case result.ExactlyOnce, result.ExactlyLatency:
		r, err = c.exactly(ctx, l, cell, round, topic)
	default:
		if r, err = c.start(ctx, l, cell, round, "-topic="+topic); err == nil {
			r.Arrived, err = l.EndOffset(ctx, topic)
		}
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

// exactly measures writing what a Kafka source has read, in transactions or without.
func (c *client) exactly(ctx context.Context, l *lab.Lab, cell result.Cell, round int, topic string) (result.Run, error) {
	args := []string{"-topic=" + topic, "-positions"}
	if cell.Part == result.ExactlyOnce {
		args = append(args, "-batch="+strconv.Itoa(exactlyBatch))
	} else {
		args = append(args, "-group="+lab.NewName("group"), "-pace="+strconv.Itoa(cell.PerSecond()), "-warm-up="+exactlyWarmUp.String())
	}
	progress := "conduit-progress-" + topic
	if err := l.FreshProgress(ctx, progress); err != nil {
		return result.Run{}, err
	}
	r, err := c.start(ctx, l, cell, round, args...)
	r.Arrived = -1
	if err == nil && cell.Part == result.ExactlyOnce {
		counting, cancel := context.WithTimeout(ctx, guard)
		defer cancel()
		r.Arrived, err = l.CountCommitted(counting, topic)
	}
	return r, errors.Join(err, l.Delete(context.WithoutCancel(ctx), progress))
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

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
