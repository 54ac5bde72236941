package group

import (
	"errors"
	"fmt"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// DeniedError says of which topics the login may not know what is committed. It is a
// kafkago.TopicAuthorizationFailed.
type DeniedError struct{ Topics []string }

func (e *DeniedError) Error() string {
	return fmt.Sprintf("of topics %s: %v", strings.Join(e.Topics, ", "), e.Unwrap())
}

func (e *DeniedError) Unwrap() error { return kafkago.TopicAuthorizationFailed }

// fatal reports whether an error ends Run.
func (m *Member) fatal(err error) bool {
	var code kafkago.Error
	if errors.As(err, &code) {
		switch code {
		case kafkago.UnknownMemberId, kafkago.IllegalGeneration, kafkago.RebalanceInProgress, kafkago.MemberIDRequired:
			return false
		case kafkago.FencedInstanceID, kafkago.InvalidSessionTimeout:
			return true
		}
		return !cluster.Retriable(err) && !m.cfg.RetryJoin
	}
	return cluster.Permanent(err)
}

// awaits reports whether what a heartbeat is refused for should pass, though no error code
// says so: another member has the name of a static one until its session ends. And a classic
// group can't be converted during its first rebalance: no assignment protocol has been chosen
// by then, and Kafka's coordinator, up to 4.4 at least, fails without one.
func awaits(err error, epoch int32) bool {
	return errors.Is(err, cluster.UnreleasedInstanceID) || epoch == epochJoin && errors.Is(err, kafkago.Unknown)
}

// maxAwait is how long a member waits for what should pass: the session timeout of another
// one that has its name may be a minute (group.consumer.max.session.timeout.ms).
const maxAwait = 75 * time.Second

// fatal reports whether an error ends Run.
func (m *serverMember) fatal(err error) bool {
	var code kafkago.Error
	if !errors.As(err, &code) {
		return cluster.Permanent(err)
	}
	switch code {
	case cluster.FencedMemberEpoch, cluster.StaleMemberEpoch, kafkago.UnknownMemberId:
		return false
	case cluster.UnreleasedInstanceID:
		return time.Since(m.refusedAt) > maxAwait
	case kafkago.FencedInstanceID, cluster.UnsupportedAssignor, kafkago.UnsupportedVersion:
		return true
	case kafkago.Unknown:
		if time.Since(m.refusedAt) <= maxAwait {
			return false
		}
	}
	return !cluster.Retriable(err) && !m.cfg.RetryJoin
}

// errorf names the group, and the setting that helps where there is one.
func (s *session) errorf(step string, err error) error {
	return fmt.Errorf("%s group %q: %w%s", step, s.cfg.GroupID, s.client.Explain(err, acl.OnGroup(s.cfg.GroupID)), s.remedy(err))
}

func (s *session) remedy(err error) string {
	var code kafkago.Error
	errors.As(err, &code)
	switch code {
	case kafkago.InvalidSessionTimeout:
		return fmt.Sprintf(": sessionTimeout is %s: choose one that the brokers allow, from their group.min.session.timeout.ms (6s unless changed) to group.max.session.timeout.ms (30m unless changed)",
			s.cfg.SessionTimeout)
	case kafkago.FencedInstanceID:
		return fmt.Sprintf(": another member has joined as groupInstanceID %q: give each member of the group its own", s.cfg.InstanceID)
	case cluster.UnreleasedInstanceID:
		return fmt.Sprintf(": another member is in the group as groupInstanceID %q, or was until a moment ago: give each member of the group its own", s.cfg.InstanceID)
	case cluster.UnsupportedAssignor:
		return fmt.Sprintf(": groupRemoteAssignor is %q: choose one of the brokers' group.consumer.assignors, uniform and range unless changed", s.cfg.Assignor)
	case kafkago.Unknown:
		if _, epoch := s.identity(); s.cfg.Protocol == Consumer && epoch < 0 {
			return ": brokers answer so also while the first rebalance of a group by the classic protocol is under way; if that is not why, see the log of the group's coordinator"
		}
	case kafkago.GroupIdNotFound:
		if s.cfg.Protocol == Consumer {
			return ": groupProtocol is consumer, and the group is not one of consumers, or of consumers by the classic protocol that the brokers do not convert: see their group.consumer.migration.policy"
		}
	case kafkago.InconsistentGroupProtocol:
		return fmt.Sprintf(": groupBalancer is %v, of which the group's other members support none, or they are no consumers", s.cfg.Balancers)
	}
	if s.cfg.Protocol == Consumer && Unoffered(err) {
		return ": " + noServerProtocol
	}
	return ""
}

// noServerProtocol is what to do where the coordinator does not assign.
const noServerProtocol = "groupProtocol is consumer, which this cluster does not offer: choose classic, or brokers of Kafka 4.0 or later with consumer among their group.coordinator.rebalance.protocols and the feature group.version at 1 or more"
