package faults_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/ledger"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// stormPartitions is enough for four members to have some each.
const stormPartitions = 12

// Each second a member comes, leaves or is killed.
func TestMembersComeAndGo(t *testing.T) {
	s := beginOn(t, "members come and go", stormPartitions)
	s.writeAlone()
	seats := s.seats("", "", "", "")
	seats[0].take()
	s.flow()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for range rounds(15, 300) {
		switch m := seats[rand.IntN(len(seats))]; {
		case !m.taken():
			m.take()
		case rand.IntN(2) == 0:
			m.leave()
		default:
			m.kill()
		}
		s.ledger.Round()
		<-tick.C
	}
	s.finishSeats(seats)
}

// Static members that restart within the session timeout cost nobody anything: the
// group is stable all the time, and the others' records come once.
func TestStaticMembersRestart(t *testing.T) {
	for name, restart := range map[string]func(*seat){"restart": (*seat).leave, "are killed": (*seat).kill} {
		t.Run(name, func(t *testing.T) {
			s := beginOn(t, "static members "+name, stormPartitions)
			s.writeAlone()
			seats := s.seats("a", "b", "c", "d")
			for _, m := range seats {
				m.take()
			}
			s.stable(len(seats))
			s.flow()
			unstable, stop := s.watchState()
			for i := range rounds(8, 100) {
				m := seats[i%len(seats)]
				restart(m)
				m.take()
				s.flow()
				s.ledger.Round()
			}
			stop()
			s.is.Equal(unstable(), 0) // times at which the group was seen rebalancing
			result := s.finishSeats(seats)
			if name == "restart" {
				s.is.Equal(result.ReadTwice, 0) // each has committed before it went
			}
		})
	}
}

// writeAlone writes until finish, with nobody reading yet.
func (s *scenario) writeAlone() {
	s.t.Helper()
	dst, err := sides.OpenDestination(s.log, s.settings.destination)
	s.is.NoErr(err)
	s.write(dst)
	s.loop(func(ctx context.Context) { s.ledger.Watch(ctx, s.client, s.group) })
}

// finishSeats has all seats taken, so that everything is read, and finishes.
func (s *scenario) finishSeats(seats []*seat) ledger.Result {
	s.t.Helper()
	for _, m := range seats {
		if !m.taken() {
			m.take()
		}
	}
	// The watch goes on while they leave.
	s.stops = append(s.stops[:1:1], append([]func(){func() {
		for _, m := range seats {
			m.leave()
		}
	}}, s.stops[1:]...)...)
	return s.finish()
}

// stable waits until the group is, with that many members.
func (s *scenario) stable(members int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.log, guard)
	defer cancel()
	for {
		state, n, err := s.client.Group(ctx, s.group)
		if err == nil && state == "Stable" && n == members {
			return
		}
		select {
		case <-ctx.Done():
			s.is.NoErr(fmt.Errorf("the group is %s with %d members, want %d: %w", state, n, members, ctx.Err()))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// watchState looks at the group's state until stop, and counts when it was another
// than stable.
func (s *scenario) watchState() (unstable func() int, stop func()) {
	ctx, cancel := context.WithCancel(s.log)
	done := make(chan int, 1)
	go func() {
		n := 0
		for ctx.Err() == nil {
			if state, _, err := s.client.Group(ctx, s.group); err == nil && state != "Stable" {
				n++
			}
			time.Sleep(10 * time.Millisecond)
		}
		done <- n
	}()
	return func() int { return <-done }, cancel
}
