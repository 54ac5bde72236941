package group

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// What a heartbeat's error means for the partitions that are held, as in Java's
// client: a coordinator that is away costs nothing, a rebalance keeps them, a
// membership that is gone loses them.
func TestBeatsThroughEachErrorCode(t *testing.T) {
	t.Parallel()
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	refuse := embedded.Refuse(fake, kmsg.Heartbeat, groupOf)
	eachCode(t, func(code int16, group string, retryJoin bool) error {
		m := startMember(fake, group, func(c *Config) { c.RetryJoin = retryJoin })
		if err := m.untilItHolds(partitions); err != nil {
			return err
		}
		generation := m.Generation()
		refuse.Next(group, code, 1)
		if !passes(code, retryJoin) {
			err := m.ended()
			if !errors.Is(err, kafkago.Error(code)) || !strings.Contains(err.Error(), group) {
				return fmt.Errorf("ended with: %w", err)
			}
			return nil
		}
		again := !cluster.Retriable(cluster.CodeError(code)) // it joins again
		err := m.until("the refusal is over", func() bool {
			now := m.Generation()
			return refuse.Left(group) == 0 && now >= 0 && (now > generation || !again)
		})
		if err := errors.Join(err, m.untilItHolds(partitions), m.close()); err != nil {
			return err
		}
		want := []string{"assigned", "revoked"}
		switch {
		case code == kerr.UnknownMemberID.Code, code == kerr.IllegalGeneration.Code:
			want = []string{"assigned", "lost", "assigned", "revoked"}
		case code == kerr.RebalanceInProgress.Code:
			want = []string{"assigned", "rebalancing", "revoked"}
		}
		if !slices.Equal(m.events, want) {
			return fmt.Errorf("told %v, want %v", m.events, want)
		}
		return nil
	})
}

// A partition that moves is given back right after an assignment, which the other members
// have to hear of: not only after their heartbeat interval.
func TestMembersHearSoonOfWhatAnotherOneGivesBack(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	rarely := func(c *Config) {
		c.HeartbeatInterval, c.SessionTimeout, c.RebalanceTimeout = time.Hour, time.Minute, time.Minute
	}
	one := startMember(fake, "g", rarely)
	is.NoErr(one.untilItHolds(partitions))
	other := startMember(fake, "g", rarely)
	is.NoErr(other.untilItHolds(1))
	is.NoErr(one.untilItHolds(partitions - 1))
	is.NoErr(other.close())
	is.NoErr(one.close())
}

// One rebalance is heard of at once. While one follows another, each waits longer for what
// else is to change, as it did when heartbeats came by the interval alone.
func TestGenerationsInARowLengthenTheFirstPause(t *testing.T) {
	const interval = 3 * time.Second
	m := NewMember(nil, Config{HeartbeatInterval: interval, Balancers: []string{"cooperative-sticky"}}, nil)
	for _, step := range []struct{ lasted, next time.Duration }{
		{0, 2 * firstPause}, // it gave partitions back, and joined again at once
		{2 * firstPause, 4 * firstPause},
		{interval, 8 * firstPause},
		{interval + 9*firstPause, firstPause}, // calm
		{firstPause, 2 * firstPause},
		{firstPause, 4 * firstPause},
		{firstPause, 8 * firstPause},
		{firstPause, 16 * firstPause},
		{firstPause, 32 * firstPause},
		{firstPause, interval},
		{interval + firstPause, interval}, // ended by its first heartbeat
		{2*interval + firstPause, firstPause},
	} {
		m.pace(step.lasted)
		if got := m.firstPause(); got != step.next {
			t.Fatalf("after a generation of %v the first heartbeat comes after %v, want %v", step.lasted, got, step.next)
		}
	}
	m.bal = balancers["range"]
	if got := m.firstPause(); got != interval {
		t.Errorf("in an eager group the first heartbeat comes after %v, want %v", got, interval)
	}
}

func TestMemberHearsOfOneRebalanceAfterAnotherEverLater(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	refuse := embedded.Refuse(fake, kmsg.Heartbeat, groupOf)
	const times = 4
	refuse.Next("g", kerr.RebalanceInProgress.Code, times)
	m := startMember(fake, "g", func(c *Config) {
		c.HeartbeatInterval, c.SessionTimeout, c.RebalanceTimeout = time.Hour, time.Minute, time.Minute
	})
	is.NoErr(m.until("it has heard of all", func() bool { return m.told("rebalancing") == times }))
	is.NoErr(m.close())
	is.True(m.firstPause() >= firstPause<<times)
}
