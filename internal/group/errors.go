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
func (m *Member) errorf(step string, err error) error {
	return fmt.Errorf("%s group %q: %w%s", step, m.cfg.GroupID, m.client.Explain(err, acl.OnGroup(m.cfg.GroupID)), m.remedy(err))
}

func (m *Member) remedy(err error) string {
	var code kafkago.Error
	errors.As(err, &code)
	switch code {
	case kafkago.InvalidSessionTimeout:
		return fmt.Sprintf(": sessionTimeout is %s: choose one that the brokers allow, from their group.min.session.timeout.ms (6s unless changed) to group.max.session.timeout.ms (30m unless changed)",
			m.cfg.SessionTimeout)
	case kafkago.FencedInstanceID:
		return fmt.Sprintf(": another member has joined as groupInstanceID %q: give each member of the group its own", m.cfg.InstanceID)
	case kafkago.InconsistentGroupProtocol:
		return fmt.Sprintf(": groupBalancer is %v, of which the group's other members support none, or they are no consumers", m.cfg.Balancers)
	}
	return ""
}
