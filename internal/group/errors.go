package group

import (
	"errors"
	"fmt"
	"strings"

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
