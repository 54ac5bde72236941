package group

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// beat sends a heartbeat and takes over what the answer says. It waits for the answer for
// a third of the session timeout, so that a second one can still reach another coordinator
// in time.
func (m *serverMember) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, serverSession/3)
	defer cancel()
	id, epoch := m.identity()
	says := m.report()
	req := m.heartbeat(id, epoch, says)
	m.joins = true
	answer, err := m.sendServer(ctx, cluster.Group, req)
	switch {
	case errors.Is(err, cluster.UnreleasedInstanceID) && req.epoch == epochJoin && m.releaseName(ctx):
		answer, err = m.sendServer(ctx, cluster.Group, req)
	case errors.Is(err, kafkago.TopicAuthorizationFailed) && m.leaveOutDenied(ctx):
		says.topics = m.wanted()
		req.topics = says.topics
		answer, err = m.sendServer(ctx, cluster.Group, req)
	}
	if err != nil {
		m.refused(awaits(err, req.epoch))
		return err
	}
	m.lastContact, m.refusedAt = time.Now(), time.Time{}
	m.told = says
	m.setGeneration(answer.epoch)
	m.interval = max(time.Duration(answer.interval)*time.Millisecond, firstPause)
	if answer.assigned != nil {
		m.told.moved = m.target == nil || !answer.assigned.equal(m.target)
		m.target = answer.assigned
	}
	return nil
}

// refused notes since when the coordinator refuses this member for what should pass. Another
// error ends that time: while the coordinator is away, nobody knows what it would say.
func (m *serverMember) refused(passes bool) {
	switch {
	case !passes:
		m.refusedAt = time.Time{}
	case m.refusedAt.IsZero():
		m.refusedAt = time.Now()
	}
}

// heartbeat is the next request. It says all that there is to say when the member joins,
// and when the answer to an earlier one is missing: then the coordinator says all that it
// knows as well. Otherwise it says what is new in a report.
func (m *serverMember) heartbeat(id string, epoch int32, says report) *serverHeartbeat {
	req := &serverHeartbeat{
		group: m.cfg.GroupID, member: id, instance: m.cfg.InstanceID,
		epoch: max(epoch, epochJoin), rebalanceTimeout: unchanged,
	}
	all := req.epoch == epochJoin || !m.told.sure
	if all {
		req.rebalanceTimeout = int32(m.cfg.RebalanceTimeout.Milliseconds())
		req.assignor = m.cfg.Assignor
	}
	if all || !slices.Equal(says.topics, m.told.topics) {
		req.topics = says.topics
	}
	// The one before that has had the name of a static member may have had a pattern.
	if said := m.cfg.InstanceID != "" || m.cfg.Pattern != ""; says.pattern != m.told.pattern || all && said {
		req.pattern = &says.pattern
	}
	if all || m.told.moved || !says.owned.equal(m.told.owned) {
		req.owned = says.owned
	}
	return req
}

// report is what there is to say now.
func (m *serverMember) report() report {
	return report{sure: true, topics: m.wanted(), pattern: m.pattern, owned: m.owned()}
}

// says reports whether a report has the topics and partitions of another one.
func (r report) says(now report) bool {
	return r.sure && !r.moved && slices.Equal(now.topics, r.topics) && now.pattern == r.pattern && now.owned.equal(r.owned)
}

func (o ownedPartitions) equal(p ownedPartitions) bool { return maps.EqualFunc(o, p, slices.Equal) }

func (s *session) sendServer(ctx context.Context, p cluster.Purpose, req *serverHeartbeat) (serverAnswer, error) {
	conn, err := s.connect(ctx, p)
	if err != nil {
		return serverAnswer{}, err
	}
	answer, err := exchange(ctx, conn, req, readServerAnswer)
	if err != nil {
		return serverAnswer{}, err
	}
	return answer, answer.err()
}

// err is the error of an answer, with the coordinator's own words.
func (a serverAnswer) err() error {
	err := cluster.CodeError(a.code)
	if err != nil && a.message != "" {
		return fmt.Errorf("%w (%.300q)", err, a.message)
	}
	return err
}

// look finds out, every now and then, which topics this member subscribes to by their names.
func (m *serverMember) look(ctx context.Context) error {
	now := time.Now()
	lists := m.cfg.Match != nil && m.pattern == "" || m.unfit
	if m.subscribed && (!lists && len(m.denied) == 0 || now.Before(m.subscribeAt)) {
		return nil
	}
	ctx, cancel := m.bounded(ctx)
	defer cancel()
	first := !m.subscribed
	err := m.subscribeNames(ctx)
	if err != nil && !first && !errors.Is(ctx.Err(), context.Canceled) {
		m.cfg.Warn("look for new topics", err)
		err = nil
	}
	if len(m.denied) > 0 {
		m.leaveOutDenied(ctx)
	}
	m.subscribeAt = now.Add(m.cfg.MetadataInterval)
	if m.unfit {
		m.subscribeAt = now.Add(min(m.cfg.MetadataInterval, patternPatience))
	}
	return err
}

// wanted are the topics that the coordinator is told of.
func (m *serverMember) wanted() []string {
	out := make([]string, 0, len(m.topics))
	for _, t := range m.topics {
		if !slices.Contains(m.denied, t) {
			out = append(out, t)
		}
	}
	return out
}

// leaveOutDenied leaves topics out that this login may not see: the coordinator would
// refuse all for one of them. It reports whether others are left out than before.
func (m *serverMember) leaveOutDenied(ctx context.Context) bool {
	found, err := m.client.Refresh(ctx, m.topics)
	if err != nil {
		return false
	}
	before := m.denied
	m.denied = nil
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if err := found[name].Err; errors.Is(err, kafkago.TopicAuthorizationFailed) {
			m.denied = append(m.denied, name)
			m.warnTopic(name, fmt.Errorf("find partitions of topic %q: %w", name, m.client.Explain(err, acl.OnTopics("Read", name))))
		}
	}
	m.subscribeAt = time.Now().Add(m.cfg.MetadataInterval)
	return !slices.Equal(before, m.denied)
}
