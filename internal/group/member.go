package group

import (
	"context"
	"errors"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// Member is one member of a consumer group, by the classic protocol.
type Member struct {
	session
	handler Handler
	bal     balancer // of the last generation

	held           Partitions
	last           Partitions       // what was assigned last, given back or not
	lastGeneration int32            // in which it was assigned; -1 none
	lastContact    time.Time        // when the coordinator last counted this member in
	counts         map[string]int32 // partitions of the topics that this member watches, as of the last join; nil for none
	seen           map[string]int32 // the last known partition counts of topics, 0 of those that don't exist
	verified       bool             // a static member has looked whether the assignment fits it
	lookAt         time.Time        // when it looks next
	lookInterval   time.Duration    // from then to the time after that
	surplus        bool             // it was assigned topics that it doesn't subscribe to
	hasty          int              // generations in a row that ended at once
	pause          time.Duration    // of the next generation, see firstPause; 0: the shortest
	reason         string           // why it joins again; "" the first time
	rejoins        uint32           // how often a static member asked for an assignment that fits it
	former         string           // still to be taken out of the group
	dismissals     int              // how often that was tried
}

// NewMember returns a member that does nothing before Run.
func NewMember(client *cluster.Client, cfg Config, h Handler) *Member {
	if len(cfg.Balancers) == 0 {
		cfg.Balancers = DefaultBalancers
	}
	m := &Member{
		session: newSession(client, cfg), handler: h, bal: balancers[cfg.Balancers[0]],
		lastGeneration: -1, held: Partitions{},
		seen: make(map[string]int32),
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
	begun := time.Now()
	defer func() { m.pace(time.Since(begun)) }()
	m.last = assigned
	m.lookInterval = min(firstLook, m.cfg.MetadataInterval)
	m.postponeLook(time.Now())
	m.cfg.Hooks.joined()
	revoked := m.held.Minus(assigned)
	m.take(ending, assigned, revoked)
	if revoked.Len() > 0 { // and is free only when all have joined again (KIP-429)
		m.hasty++
		m.reason = "it has given partitions back"
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

// Holds is true: assignments name topics.
func (m *Member) Holds(string, cluster.TopicID) bool { return true }

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
	m.reason = "the connection to the coordinator failed"
	if errors.As(err, &code) {
		m.reason = "the coordinator refused a request: " + code.Title()
	}
	switch code {
	case kafkago.UnknownMemberId, kafkago.IllegalGeneration:
		m.lose()
		if code == kafkago.UnknownMemberId {
			m.setMember("", -1)
		}
	case kafkago.RebalanceInProgress:
		return
	default:
		m.leaveCoordinator()
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
