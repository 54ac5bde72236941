package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// The topics: one is read by both, one is written by the connector, one by franz-go.
const (
	shared = "shared"
	ours   = "ours"
	theirs = "theirs"
)

var topics = []string{shared, ours, theirs}

// field is a cluster and those who write to it and read from it.
type field struct {
	ctx     context.Context
	cluster *broker.Cluster
	client  *kclient.Client
	all     []*side
	leader  int
	frozen  time.Duration // how long a leader is, at most
	ends    []func() error
	tasks   sync.WaitGroup
}

// result is what the rounds of one kind brought for a side.
type result struct{ pauses, waits []time.Duration }

const (
	calm  = time.Second // that is to have passed without a pause before and after a fault
	guard = 2 * time.Minute
)

// rounds does something to the leader, again and again.
func (f *field) rounds(n int, do func(node int) error) ([]result, error) {
	results := make([]result, len(f.all))
	for range n {
		f.leader = 3 - max(f.leader, 1) // node 3 is left alone: once it is the controller it stays that
		if err := f.lead(f.leader); err != nil {
			return nil, err
		}
		if err := f.settle(); err != nil {
			return nil, err
		}
		for _, s := range f.all {
			s.forget()
		}
		if err := do(f.leader); err != nil {
			return nil, err
		}
		for i, s := range f.all {
			pause, wait := s.measured()
			results[i].pauses = append(results[i].pauses, pause)
			results[i].waits = append(results[i].waits, wait)
		}
		if err := f.cluster.Ready(f.ctx); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// lead makes a node the leader of all topics.
func (f *field) lead(node int) error {
	for _, topic := range topics {
		if err := f.client.MoveLeader(f.ctx, topic, 0, int32(node)); err != nil {
			return err
		}
	}
	return nil
}

// settle waits until records have gone through on all sides for a while.
func (f *field) settle() error {
	last, err := f.settleWithin(guard)
	if err == nil && last != "" {
		err = fmt.Errorf("records do not go through on all sides for %s: %s is the last that stood still", guard, last)
	}
	return err
}

// settleWithin is settle for no longer than that. It returns the side that stood still last
// if records do not go through on all sides by then.
func (f *field) settleWithin(most time.Duration) (still string, err error) {
	end, since, last := time.Now().Add(most), time.Now(), ""
	for time.Since(since) < calm {
		time.Sleep(20 * time.Millisecond)
		for _, s := range f.all {
			if s.quiet() > 200*time.Millisecond {
				since, last = time.Now(), s.name
			}
			if err := s.failed(); err != nil {
				return "", fmt.Errorf("%s: %w", s.name, err)
			}
		}
		if err := f.ctx.Err(); err != nil {
			return "", err
		}
		if time.Now().After(end) {
			return last, nil
		}
	}
	return "", nil
}

func (f *field) stay(int) error { return f.settle() }

func (f *field) move(node int) error {
	if err := f.lead(3 - node); err != nil {
		return err
	}
	return f.settle()
}

func (f *field) kill(node int) error {
	if err := f.cluster.KillNode(node); err != nil {
		return err
	}
	if err := f.settle(); err != nil {
		return err
	}
	return f.cluster.StartNode(f.ctx, node)
}

func (f *field) freeze(node int) error {
	if err := f.cluster.PauseNode(node); err != nil {
		return err
	}
	still, settled := f.settleWithin(f.frozen)
	if err := f.cluster.ResumeNode(node); err != nil {
		return err
	}
	if settled == nil && still != "" {
		settled = f.settle()
	}
	return settled
}
