package group

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

const (
	topic      = "t"
	partitions = 3
)

// member runs in a group of its own and writes down what its handler is told.
type member struct {
	*Member // by the classic protocol
	server  *serverMember
	ctx     context.Context
	client  *cluster.Client
	stop    context.CancelFunc
	done    chan struct{}
	err     error // of Run, once done

	mu     sync.Mutex
	events []string
	holds  Partitions
	warned []error

	revoked func() // called in Revoked, if set
}

func (m *member) note(event string, change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if change != nil {
		change()
	}
	m.events = append(m.events, event)
}

func (m *member) Assigned(p Partitions) {
	m.note("assigned", func() {
		for topic, ids := range p {
			m.holds[topic] = append(m.holds[topic], ids...)
		}
	})
}

func (m *member) Revoked(_ context.Context, p Partitions) {
	m.mu.Lock()
	also := m.revoked
	m.mu.Unlock()
	if also != nil {
		also()
	}
	m.note("revoked", func() { m.holds = m.holds.Minus(p) })
}

func (m *member) Lost(p Partitions) { m.note("lost", func() { m.holds = m.holds.Minus(p) }) }

func (m *member) Rebalancing(context.Context) { m.note("rebalancing", nil) }

func (m *member) told(event string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, e := range m.events {
		if e == event {
			n++
		}
	}
	return n
}

func (m *member) warnings(is_ error) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, err := range m.warned {
		if errors.Is(err, is_) {
			n++
		}
	}
	return n
}

// startMember joins a group.
func startMember(fake *kfake.Cluster, group string, change func(*Config)) *member {
	m := &member{done: make(chan struct{}), holds: Partitions{}}
	cfg := Config{
		GroupID: group, Topics: []string{topic},
		SessionTimeout: 5 * time.Second, RebalanceTimeout: 5 * time.Second,
		HeartbeatInterval: 50 * time.Millisecond, MetadataInterval: time.Hour,
		Warn: func(_ string, err error) {
			m.mu.Lock()
			m.warned = append(m.warned, err)
			m.mu.Unlock()
		},
		Info: func(string) {},
	}
	if change != nil {
		change(&cfg)
	}
	m.client = cluster.New(fake.ListenAddrs(), wire.Config{DialTimeout: 30 * time.Second, RequestTimeout: 30 * time.Second})
	var life Membership
	if cfg.Protocol == Consumer {
		m.server = newServerMember(m.client, cfg, m)
		life = m.server
	} else {
		m.Member = NewMember(m.client, cfg, m)
		life = m.Member
	}
	var run context.Context
	var guard context.CancelFunc
	m.ctx, guard = context.WithTimeout(context.Background(), 2*time.Minute)
	run, m.stop = context.WithCancel(m.ctx)
	go func() {
		defer close(m.done)
		defer guard()
		m.err = life.Run(run)
	}()
	return m
}

// until waits for a condition; its error is Run's, if that has ended.
func (m *member) until(what string, ok func() bool) error {
	for !ok() {
		select {
		case <-m.done:
			return fmt.Errorf("wait until %s: Run has ended: %w", what, m.err)
		case <-m.ctx.Done():
			m.mu.Lock()
			defer m.mu.Unlock()
			return fmt.Errorf("wait until %s: %w; told %v, holds %v, warned %v", what, m.ctx.Err(), m.events, m.holds, m.warned)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

func (m *member) untilItHolds(n int) error {
	return m.until(fmt.Sprintf("it holds %d partitions", n), func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.holds.Len() == n
	})
}

// ended waits for the error of Run.
func (m *member) ended() error {
	<-m.done
	m.client.Close()
	return m.err
}

func (m *member) close() error {
	m.stop()
	return m.ended()
}

// groupOf is the subject of a request.
func groupOf(req kmsg.Request) string {
	switch r := req.(type) {
	case *kmsg.FindCoordinatorRequest:
		return r.CoordinatorKey
	case *kmsg.JoinGroupRequest:
		return r.Group
	case *kmsg.SyncGroupRequest:
		return r.Group
	case *kmsg.HeartbeatRequest:
		return r.Group
	case *kmsg.LeaveGroupRequest:
		return r.Group
	case *kmsg.OffsetCommitRequest:
		return r.Group
	case *kmsg.OffsetFetchRequest:
		return r.Group
	}
	panic(fmt.Sprintf("%T has no group", req))
}

// mended are codes of a broken membership, which joining again mends whatever
// RetryJoin says.
var mended = []int16{
	kerr.UnknownMemberID.Code, kerr.IllegalGeneration.Code, kerr.RebalanceInProgress.Code, kerr.MemberIDRequired.Code,
}

// passes reports whether a member recovers from a code, as Java's client would, or with
// RetryJoin.
func passes(code int16, retryJoin bool) bool {
	switch {
	case code == kerr.FencedInstanceID.Code, // another process has taken the place
		code == kerr.InvalidSessionTimeout.Code: // a setting of ours
		return false
	case retryJoin, slices.Contains(mended, code):
		return true
	}
	return cluster.Retriable(cluster.CodeError(code))
}

// eachCode does a thing for all error codes, many at the same time, each in a group
// of its own, with and without RetryJoin.
func eachCode(t *testing.T, do func(code int16, group string, retryJoin bool) error) {
	t.Helper()
	var wg sync.WaitGroup
	room := make(chan struct{}, 20)
	for _, code := range embedded.Codes() {
		for _, retryJoin := range []bool{true, false} {
			wg.Go(func() {
				room <- struct{}{}
				defer func() { <-room }()
				if err := do(code, fmt.Sprintf("group%d-%t", code, retryJoin), retryJoin); err != nil {
					t.Errorf("%v, RetryJoin %t: %v", kerr.TypedErrorForCode(code), retryJoin, err)
				}
			})
		}
	}
	wg.Wait()
}

func TestJoinsReadsAndLeaves(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	m := startMember(fake, "g", nil)
	is.NoErr(m.untilItHolds(partitions))
	is.NoErr(m.close())
	is.Equal(m.events, []string{"assigned", "revoked"})
	is.Equal(len(m.warned), 0)
}
