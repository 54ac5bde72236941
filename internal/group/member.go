package group

import (
	"context"
	"errors"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Config is how a member takes part in its group.
type Config struct {
	GroupID    string
	InstanceID string // static membership; empty for a dynamic member
	// Former is the ID of the member that this one was in a process that may have been
	// killed; "" for none. It is taken out of the group, unless this member is static: then
	// it takes that one's place.
	Former string
	Topics []string
	// Match chooses further topics by their names, as they come and go; nil for
	// none. Internal topics are only read if they are named.
	Match             func(topic string) bool
	SessionTimeout    time.Duration // the coordinator gives a silent member up after it
	RebalanceTimeout  time.Duration // how long members have to join again
	HeartbeatInterval time.Duration
	Balancers         []string      // in the order in which they are offered, by their names; see Balancers
	MetadataInterval  time.Duration // how often the leader looks for new partitions
	// RetryJoin makes a member try again where the coordinator refuses it, for
	// instance for lack of permission; otherwise that ends Run.
	RetryJoin bool
	// Warn is called with trouble from which the member recovers by itself.
	Warn func(msg string, err error)
	// Info is called with what is worth knowing and no trouble.
	Info  func(msg string)
	Hooks Hooks
}

// Handler is told what the member holds. Calls never overlap.
type Handler interface {
	// Assigned starts reading partitions that come to those already held. It must
	// not block.
	Assigned(p Partitions)
	// Revoked stops reading partitions that still belong to this member: it may
	// commit, within the time of ctx. Afterwards they belong to somebody else.
	Revoked(ctx context.Context, p Partitions)
	// Rebalancing says that the member joins again and keeps its partitions
	// meanwhile. It is a good time to commit, within the time of ctx.
	Rebalancing(ctx context.Context)
	// Lost stops reading partitions that already belong to somebody else.
	Lost(p Partitions)
}

// Member is one member of a consumer group.
type Member struct {
	client  *cluster.Client
	cfg     Config
	handler Handler
	bal     balancer // of the last generation

	mu          sync.Mutex // guards what Commit reads
	coordinator int32      // -1 unknown
	memberID    string
	generation  int32 // -1 outside of a generation

	topics         []string // that this member subscribes to
	subscribed     bool     // topics is set
	held           Partitions
	last           Partitions         // what was assigned last, given back or not
	lastGeneration int32              // in which it was assigned; -1 none
	lastContact    time.Time          // when the coordinator last counted this member in
	counts         map[string]int32   // partitions of the topics that this member watches, as of the last join; nil for none
	seen           map[string]int32   // the last known partition counts of topics, 0 of those that don't exist
	warned         map[string]trouble // of topics, that Warn was called with
	verified       bool               // a static member has looked whether the assignment fits it
	lookAt         time.Time          // when it looks next
	lookInterval   time.Duration      // from then to the time after that
	surplus        bool               // it was assigned topics that it doesn't subscribe to
	hasty          int                // generations in a row that ended at once
	rejoins        uint32             // how often a static member asked for an assignment that fits it
	former         string             // still to be taken out of the group
	dismissals     int                // how often that was tried
}

// NewMember returns a member that does nothing before Run.
func NewMember(client *cluster.Client, cfg Config, h Handler) *Member {
	if len(cfg.Balancers) == 0 {
		cfg.Balancers = DefaultBalancers
	}
	m := &Member{
		client: client, cfg: cfg, handler: h, bal: balancers[cfg.Balancers[0]],
		coordinator: -1, generation: -1, lastGeneration: -1, held: Partitions{},
		seen: make(map[string]int32), warned: make(map[string]trouble),
	}
	if cfg.InstanceID == "" {
		m.former = cfg.Former
	}
	return m
}

// Run is the life of the member: it joins, and joins again after each
// rebalance, until ctx ends (then it gives back what it holds, leaves the group
// and returns nil) or until an error that trying again can't mend.
func (m *Member) Run(ctx context.Context) error {
	retry := cluster.NewRetry(100*time.Millisecond, 2*time.Second)
	ending, stopJoining := outlive(ctx, m.rebalanceEnd())
	defer stopJoining()
	committing, stopCommitting := outlive(ctx, commitEnd)
	defer stopCommitting()
	leaving, stopLeaving := outlive(ctx, leaveEnd)
	defer stopLeaving()
	for ctx.Err() == nil {
		err := m.live(ctx, ending)
		switch {
		case ctx.Err() != nil:
		case err == nil && m.hasty < maxHasty:
			retry.Reset()
		case err == nil:
			retry.Wait(ctx)
		case m.fatal(err):
			m.lose()
			m.leave(leaving)
			return err
		default:
			m.recover(err)
			retry.Wait(ctx)
		}
	}
	m.revoke(committing)
	m.leave(leaving)
	return nil
}

// maxHasty is how many generations in a row may end at once because something was given
// back. A rebalance needs one or two; a coordinator that keeps on moving partitions is
// followed ever more slowly.
const maxHasty = 4

// live takes part in one generation: from joining to the next rebalance (nil).
func (m *Member) live(ctx, ending context.Context) error {
	assigned, err := m.join(ctx, ending)
	if err != nil {
		return err
	}
	m.last = assigned
	m.lookInterval = min(firstLook, m.cfg.MetadataInterval)
	m.postponeLook(time.Now())
	m.cfg.Hooks.joined()
	revoked := m.held.Minus(assigned)
	m.take(ending, assigned, revoked)
	if revoked.Len() > 0 { // and is free only when all have joined again (KIP-429)
		m.hasty++
	} else {
		m.hasty = 0
		if err := m.beat(ctx); err != nil {
			return err
		}
	}
	if ctx.Err() == nil {
		m.prepareRejoin(ending)
	}
	return nil
}

// take makes what is held what was assigned.
func (m *Member) take(ctx context.Context, assigned, revoked Partitions) {
	if revoked.Len() > 0 {
		ctx, cancel := m.bounded(ctx)
		m.handler.Revoked(ctx, revoked)
		cancel()
	}
	if added := assigned.Minus(m.held); added.Len() > 0 {
		m.handler.Assigned(added)
	}
	m.hold(assigned)
}

// prepareRejoin gives everything back if the group is eager; otherwise the
// partitions are read on.
func (m *Member) prepareRejoin(ctx context.Context) {
	if !m.bal.cooperative() {
		m.revoke(ctx)
		return
	}
	ctx, cancel := m.bounded(ctx)
	defer cancel()
	m.handler.Rebalancing(ctx)
}

// recover puts the member into the state from which the next join can succeed.
// What is held stays as long as the coordinator may still count this member in.
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
		m.setCoordinator(-1)
		if time.Since(m.lastContact) > m.cfg.SessionTimeout {
			m.lose()
		}
	}
	m.cfg.Warn("group membership interrupted, joining again", err)
}

// bounded limits what a handler may do to well below the session timeout, since
// no heartbeats are sent meanwhile.
func (m *Member) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, m.cfg.SessionTimeout/3)
}

// revoke gives back all that is held.
func (m *Member) revoke(ctx context.Context) {
	if m.held.Len() == 0 {
		return
	}
	ctx, cancel := m.bounded(ctx)
	defer cancel()
	m.handler.Revoked(ctx, m.held)
	m.hold(Partitions{})
}

func (m *Member) lose() {
	m.setGeneration(-1)
	if m.held.Len() > 0 {
		m.handler.Lost(m.held)
		m.cfg.Hooks.lost(m.held.Len())
		m.hold(Partitions{})
	}
}

func (m *Member) hold(p Partitions) {
	m.held = p
	m.cfg.Hooks.held(p.Len())
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

// connect returns a connection to the coordinator.
func (m *Member) connect(ctx context.Context, p cluster.Purpose) (*wire.Conn, error) {
	id, err := m.findCoordinator(ctx)
	if err != nil {
		return nil, err
	}
	return m.client.Broker(ctx, id, p)
}
