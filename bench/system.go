package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/lab"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/pipeline"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// system is a contender that is a whole pipeline.
type system struct {
	options
	label  string
	make   func(ctx context.Context, cell result.Cell) (pipeline.System, error)
	system pipeline.System // made by prepare
}

func (o options) conduit(name string, published bool, c pipeline.Conduit) contender {
	return &system{options: o, label: name, make: func(_ context.Context, cell result.Cell) (pipeline.System, error) {
		var err error
		c.Binary = o.host(published)
		c.Profiles, err = o.profile(cell, name, 0)
		return c, err
	}}
}

func (o options) mirror(name string, tasks int) contender {
	return &system{options: o, label: name, make: func(ctx context.Context, _ result.Cell) (pipeline.System, error) {
		return pipeline.FetchMirror(ctx, tasks)
	}}
}

func (s *system) name() string { return s.label }

func (s *system) takes(cell result.Cell) time.Duration {
	const startAndStop = 3 * time.Second
	if cell.Part == result.Memory {
		const slowest = 80 // records a second
		return startAndStop + time.Duration(cell.Records)*time.Second/slowest
	}
	return startAndStop + s.pipelineWarmUp() + s.pipelineFor()
}

func (s *system) prepare(ctx context.Context, l *lab.Lab, cell result.Cell) error {
	var err error
	if s.system, err = s.make(ctx, cell); err != nil {
		return err
	}
	_, err = l.Filled(ctx, cell)
	return err
}

func (s *system) run(ctx context.Context, l *lab.Lab, cell result.Cell, round int) (result.Run, error) {
	from, err := l.Filled(ctx, cell)
	if err != nil {
		return result.Run{}, err
	}
	to, err := l.Fresh(ctx, cell)
	if err != nil {
		return result.Run{}, err
	}
	dir, err := filepath.Abs(filepath.Join(s.out, "bench-pipelines", fileName(fmt.Sprintf("%s %s %d %s", cell.Part, s.label, round, to))))
	if err != nil {
		return result.Run{}, fmt.Errorf("find directory: %w", err)
	}
	job := pipeline.Job{Servers: l.Servers, Brokers: l.Brokers, From: from, To: to, Dir: dir}
	limits := pipeline.Limits{Records: cell.Records, For: s.pipelineFor(), WarmUp: s.pipelineWarmUp()}
	if cell.Part == result.Memory { // all records, however long it takes
		limits.For = guard
	}
	r, err := pipeline.Run(ctx, s.system, job, limits, l.EndOffset)

	deleting := context.WithoutCancel(ctx)
	if target := s.system.Target(job); target != to && r.Arrived >= 0 {
		err = errors.Join(err, l.Delete(deleting, target))
	}
	return r, errors.Join(err, l.Delete(deleting, to))
}
