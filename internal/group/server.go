package group

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// serverSession is how long a coordinator waits for a silent member unless its
// group.consumer.session.timeout.ms was changed. It does not tell a member.
const serverSession = 45 * time.Second

// serverMember is one member of a consumer group whose coordinator assigns (KIP-848).
// There is one kind of request: a heartbeat says what the member holds, and its answer what
// it is to hold. What it is to give back is given back before the next heartbeat says so,
// and is somebody else's only from then on; what stays is read on meanwhile.
type serverMember struct {
	session
	handler Handler

	held   Partitions                 // whose heldIDs are written by Run alone
	target ownedPartitions            // what the coordinator assigned last; nil for nothing yet
	names  map[cluster.TopicID]string // of topics, as far as they were looked for
	told   report                     // what the coordinator knows of this member

	former      string        // still to be taken out of the group
	refusedAt   time.Time     // since when, without a break, the coordinator refuses it for what should pass, see awaits; zero: it doesn't
	pattern     string        // of topics that the coordinator is to look for; "" for none
	strangeAt   time.Time     // since when topics are assigned that pattern should not find; zero: there are none
	unfit       bool          // pattern is to go as soon as the topics are listed
	denied      []string      // topics that are left out of the subscription
	subscribeAt time.Time     // when to look for topics again
	lastContact time.Time     // when the coordinator last counted this member in
	interval    time.Duration // between heartbeats, as the coordinator wants it
	pause       time.Duration // until the next one
	joins       bool          // a join was sent: the coordinator may know this member
	sooner      chan struct{} // asks for a heartbeat at once
}

// report is what a member says of itself, as far as the coordinator has confirmed it.
type report struct {
	sure    bool // false: all of it has to be said again
	topics  []string
	pattern string
	owned   ownedPartitions
	// moved says that the coordinator has assigned something else since. It waits to hear
	// what is owned by then, be it the same: partitions of a topic that was deleted before
	// its name was known were never taken, and are to be given back.
	moved bool
}

// newServerMember returns a member that does nothing before Run. It chooses its ID, as
// members do from version 1 of the heartbeat on (KIP-1082), in the form that coordinators
// give to members of the classic protocol.
func newServerMember(client *cluster.Client, cfg Config, h Handler) *serverMember {
	m := &serverMember{
		session: newSession(client, cfg), handler: h,
		held: Partitions{}, names: make(map[cluster.TopicID]string), former: cfg.Former, pattern: patternFor(cfg),
		sooner: make(chan struct{}, 1),
	}
	m.memberID = client.ClientID() + "-" + uuid.NewString()
	return m
}

// MemberID is the ID under which the coordinator knows this member, a static one too: the
// name of a static member that was killed is free for another one only once it is taken
// out.
func (m *serverMember) MemberID() string {
	id, _ := m.identity()
	return id
}

// Run is the life of the member, as Membership has it.
func (m *serverMember) Run(ctx context.Context) error {
	ending, stopBeating := outlive(ctx, maxRebalanceEnd)
	defer stopBeating()
	committing, stopCommitting := outlive(ctx, commitEnd)
	defer stopCommitting()
	leaving, stopLeaving := outlive(ctx, leaveEnd)
	defer stopLeaving()
	if err := m.takePart(ctx, ending); err != nil {
		m.lose()
		m.leave(leaving)
		return err
	}
	if m.held.Len() > 0 && !m.told.sure { // its epoch may have changed, and the commit names it
		_ = m.beat(ending)
	}
	m.revoke(committing)
	m.leave(leaving)
	return nil
}

// takePart sends heartbeats and does what their answers say, until ctx ends (nil) or the
// membership can't go on.
func (m *serverMember) takePart(ctx, ending context.Context) error {
	retry := cluster.NewRetry(100*time.Millisecond, 2*time.Second)
	for ctx.Err() == nil {
		err := m.step(ctx, ending)
		switch {
		case ctx.Err() != nil:
		case err == nil:
			retry.Reset()
			m.rest(ctx)
		case m.fatal(err):
			return err
		default:
			m.recover(err)
			retry.Wait(ctx)
		}
	}
	return nil
}

// step is one heartbeat and what follows from it.
func (m *serverMember) step(ctx, ending context.Context) error {
	if err := m.look(ctx); err != nil {
		return m.errorf("find topics to read as a member of", err)
	}
	_, before := m.identity()
	if err := m.beat(ending); err != nil && m.pattern != "" && errors.Is(err, cluster.InvalidRegularExpression) {
		m.dropPattern(err)
		m.subscribed, m.pause = false, 0
		return nil
	} else if err != nil {
		return m.errorf("send heartbeat to", err)
	}
	_, epoch := m.identity()
	if epoch != before {
		m.cfg.Hooks.joined()
	}
	freed := m.dismissFormer(ctx)
	changed := m.reconcile(ctx, ending)
	m.plan(epoch != before || changed, freed)
	return nil
}

// How soon a heartbeat follows one that has changed something. The next ones come ever
// later: what another member gives up is handed on by the answer to the next heartbeat
// only, and the coordinator asks for one in five seconds.
const (
	firstPause      = 50 * time.Millisecond
	unresolvedPause = time.Second
)

// plan decides when the next heartbeat is due.
func (m *serverMember) plan(changed, freed bool) {
	switch {
	case freed || !m.told.says(m.report()):
		m.pause = 0
	case changed:
		m.pause = firstPause
	default:
		m.pause = max(2*m.pause, firstPause)
	}
	limit := m.interval
	if m.unresolved() {
		limit = min(limit, unresolvedPause)
	}
	m.pause = min(m.pause, limit)
}

// rest waits until the next heartbeat is due.
func (m *serverMember) rest(ctx context.Context) {
	timer := time.NewTimer(m.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return
	case <-m.sooner:
	case <-ctx.Done():
	}
	timer.Reset(time.Until(m.lastContact.Add(firstPause))) // however often that is asked for
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// recover puts the member into the state from which the next heartbeat can succeed. What
// is held stays as long as the coordinator may still count this member in.
func (m *serverMember) recover(err error) {
	m.told.sure = false
	var code kafkago.Error
	errors.As(err, &code)
	switch code {
	case cluster.FencedMemberEpoch, cluster.StaleMemberEpoch, kafkago.UnknownMemberId:
		m.lose()
	case cluster.UnreleasedInstanceID:
	default:
		m.leaveCoordinator()
		if time.Since(m.lastContact) > serverSession {
			m.lose()
		}
	}
	m.cfg.Warn("group membership interrupted, trying again", err)
}

// bounded limits what is done while no heartbeats are sent.
func (m *serverMember) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, min(serverSession/3, max(m.cfg.RebalanceTimeout/2, time.Second)))
}
