package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// settling is how long a group has until its members are in it and have partitions.
const settling = 10 * time.Second

// measure lets the members of one group come and go.
func measure(ctx context.Context, o options, servers []string, c client, protocol string) (r result, err error) {
	truth, err := kclient.New(servers)
	if err != nil {
		return r, err
	}
	defer truth.Close()
	g := group{servers, fmt.Sprintf("storm-%s-%s", c.name, protocol), protocol}
	if err := truth.CreateTopic(ctx, g.name, int32(o.partitions), nil); err != nil {
		return r, err
	}
	w, err := startWriting(servers, g.name, o.partitions, o.pace)
	if err != nil {
		return r, err
	}
	defer w.stop()
	m, err := c.open(ctx, g)
	if err != nil {
		return r, err
	}
	s := &storm{members: m, book: newBook(o.partitions), leave: make([]func() error, o.members)}
	r, err = s.blow(ctx, o)
	r.client, r.protocol = c.name, protocol
	return r, errors.Join(err, s.calm(), m.close(), w.failed())
}

// storm is a group whose members come and go.
type storm struct {
	members members
	book    *book
	leave   []func() error // nil where a member has left
}

func (s *storm) blow(ctx context.Context, o options) (r result, err error) {
	for i := range s.leave {
		if err := s.change(ctx, i); err != nil {
			return r, err
		}
	}
	wait(ctx, settling)
	s.book.take()
	wait(ctx, o.calm)
	r.calm = s.book.take()
	busy := processors()
	for end := time.Now().Add(o.lasts); time.Now().Before(end) && ctx.Err() == nil; r.changes++ {
		if err := s.change(ctx, rand.IntN(len(s.leave))); err != nil {
			return r, err
		}
		wait(ctx, o.every)
	}
	r.busy = busy()
	r.gaps = s.book.take()
	r.lost, err = s.book.lost()
	return r, errors.Join(err, ctx.Err())
}

// change lets a member leave, or come back.
func (s *storm) change(ctx context.Context, i int) (err error) {
	if s.leave[i] == nil {
		s.leave[i], err = s.members.join(ctx, s.book.reader())
		return err
	}
	err = s.leave[i]()
	s.leave[i] = nil
	return err
}

// calm lets all members leave.
func (s *storm) calm() error {
	var errs []error
	for _, leave := range s.leave {
		if leave != nil {
			errs = append(errs, leave())
		}
	}
	return errors.Join(errs...)
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
