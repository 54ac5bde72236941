package group

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// Config is how a member takes part in its group.
type Config struct {
	GroupID           string
	InstanceID        string // static membership; empty for a dynamic member
	Topics            []string
	SessionTimeout    time.Duration // the coordinator gives a silent member up after it
	RebalanceTimeout  time.Duration // members have so long to join again
	HeartbeatInterval time.Duration
	MetadataInterval  time.Duration // how often the leader looks for new partitions
	// RetryJoin makes a member try again where the coordinator refuses it, for
	// instance for lack of permission; otherwise that ends Run.
	RetryJoin bool
	// Warn is told of trouble that the member gets over by itself.
	Warn func(msg string, err error)
}

// Handler is told what the member holds. Calls never overlap.
type Handler interface {
	// Assigned starts reading partitions. It must not block: slow work belongs
	// into a goroutine that ends with ctx, and ctx ends before Revoked or Lost.
	Assigned(ctx context.Context, p Partitions)
	// Revoked stops reading partitions that still belong to this member: it may
	// commit, within the time of ctx. Afterwards they belong to somebody else.
	Revoked(ctx context.Context, p Partitions)
	// Lost stops reading partitions that already belong to somebody else.
	Lost(p Partitions)
}

// Member is one member of a consumer group.
type Member struct {
	client  *cluster.Client
	cfg     Config
	handler Handler
	bal     balancer

	mu          sync.Mutex // guards what Commit reads
	coordinator int32      // -1 unknown
	memberID    string
	generation  int32 // -1 outside of a generation

	held   Partitions
	counts map[string]int32 // partition counts that the last own assignment was made from; nil for followers
}

// NewMember returns a member that does nothing before Run.
func NewMember(client *cluster.Client, cfg Config, h Handler) *Member {
	return &Member{client: client, cfg: cfg, handler: h, bal: rangeBalancer{}, coordinator: -1, generation: -1, held: Partitions{}}
}

// Run is the life of the member: it joins, and joins again after each
// rebalance, until ctx ends (then it gives back what it holds, leaves the group
// and returns nil) or until an error that trying again can't mend.
func (m *Member) Run(ctx context.Context) error {
	retry := cluster.NewRetry(100*time.Millisecond, 2*time.Second)
	for ctx.Err() == nil {
		err := m.live(ctx)
		switch {
		case ctx.Err() != nil:
		case err == nil:
			retry.Reset()
		case m.fatal(err):
			m.lose()
			m.leave()
			return err
		default:
			m.recover(err)
			retry.Wait(ctx)
		}
	}
	m.revoke(context.WithoutCancel(ctx))
	m.leave()
	return nil
}

// live takes part in one generation: from joining to the next rebalance (nil).
func (m *Member) live(ctx context.Context) error {
	assignment, err := m.join(ctx)
	if err != nil {
		return err
	}
	held, cancel := context.WithCancel(ctx)
	m.held = assignment
	m.handler.Assigned(held, assignment)
	err = m.beat(ctx)
	cancel()
	if err == nil {
		// Eager protocol: everything is given back before joining again.
		m.revoke(ctx)
	}
	return err
}

// recover puts the member into the state from which the next join can succeed.
func (m *Member) recover(err error) {
	var code kafkago.Error
	errors.As(err, &code)
	switch code {
	case kafkago.UnknownMemberId, kafkago.IllegalGeneration:
		m.lose()
		if code == kafkago.UnknownMemberId {
			m.setMember("", -1)
		}
	case kafkago.RebalanceInProgress:
		return
	default:
		m.lose()
		m.setCoordinator(-1)
	}
	m.cfg.Warn("group membership interrupted, joining again", err)
}

func (m *Member) fatal(err error) bool {
	var code kafkago.Error
	if errors.As(err, &code) {
		switch code {
		case kafkago.UnknownMemberId, kafkago.IllegalGeneration, kafkago.RebalanceInProgress, kafkago.MemberIDRequired:
			return false
		case kafkago.FencedInstanceID:
			return true
		}
		return !cluster.Retriable(err) && !m.cfg.RetryJoin
	}
	return cluster.Hopeless(err)
}

// revoke gives back all that is held. It is bounded well below the session
// timeout, since no heartbeats are sent meanwhile.
func (m *Member) revoke(ctx context.Context) {
	if m.held.Len() == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, m.cfg.SessionTimeout/3)
	defer cancel()
	m.handler.Revoked(ctx, m.held)
	m.held = Partitions{}
}

func (m *Member) lose() {
	m.setGeneration(-1)
	if m.held.Len() > 0 {
		m.handler.Lost(m.held)
		m.held = Partitions{}
	}
}

func (m *Member) setCoordinator(id int32) {
	m.mu.Lock()
	m.coordinator = id
	m.mu.Unlock()
}

func (m *Member) setGeneration(generation int32) {
	m.mu.Lock()
	m.generation = generation
	m.mu.Unlock()
}

func (m *Member) setMember(id string, generation int32) {
	m.mu.Lock()
	m.memberID, m.generation = id, generation
	m.mu.Unlock()
}

// identity is what requests carry.
func (m *Member) identity() (coordinator int32, memberID string, generation int32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.coordinator, m.memberID, m.generation
}

// findCoordinator returns the coordinator's node ID, asking if it isn't known.
func (m *Member) findCoordinator(ctx context.Context) (int32, error) {
	if id, _, _ := m.identity(); id >= 0 {
		return id, nil
	}
	id, err := m.client.Coordinator(ctx, m.cfg.GroupID)
	if err != nil {
		return -1, err
	}
	m.setCoordinator(id)
	return id, nil
}

func (m *Member) errorf(step string, err error) error {
	return fmt.Errorf("%s group %q: %w", step, m.cfg.GroupID, err)
}
