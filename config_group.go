package kafka

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// GroupConfig is how a source takes part in its consumer group.
type GroupConfig struct {
	// Consumer group to join. If left empty, an ID is generated at the first start and
	// kept in the position of the records.
	GroupID string `json:"groupID"`
	// Protocol of the group: classic, where one member assigns the partitions to all, or
	// consumer, where the coordinator does (KIP-848, Kafka 4.0 or later) and members that
	// keep their partitions notice nothing of a rebalance. The members of a group can be
	// changed from one to the other one by one, while they read.
	GroupProtocol string `json:"groupProtocol" default:"classic"`
	// Assignor of the brokers that divides the partitions if groupProtocol is consumer:
	// uniform, range, or another of their group.consumer.assignors. If left empty, the
	// brokers choose.
	GroupRemoteAssignor string `json:"groupRemoteAssignor"`
	// Name of this member within its group, different from all others (static
	// membership). A member that comes back under its name within sessionTimeout gets
	// its partitions back without a rebalance.
	GroupInstanceID string `json:"groupInstanceID"`
	// Strategies for assigning partitions to members, the preferred one first:
	// cooperative-sticky, range, roundrobin, sticky. All members of a group must have
	// one in common. For groupProtocol classic only.
	GroupBalancer []string `json:"groupBalancer" default:"cooperative-sticky,range"`
	// A member that sends no heartbeat for this long is removed from the group, and
	// its partitions are reassigned. The brokers limit the value
	// (group.min.session.timeout.ms, group.max.session.timeout.ms). For groupProtocol
	// classic only.
	SessionTimeout time.Duration `json:"sessionTimeout" default:"45s"`
	// Interval between heartbeats to the group coordinator. Should be at most a third
	// of sessionTimeout. For groupProtocol classic only.
	HeartbeatInterval time.Duration `json:"heartbeatInterval" default:"3s"`
	// Maximum time for members to give up partitions and rejoin during a rebalance.
	RebalanceTimeout time.Duration `json:"rebalanceTimeout" default:"60s"`
	// Whether to retry when the group coordinator refuses this member, for example because
	// a permission was taken away. If false, the source fails. A permission that is missing
	// when the source opens is an error either way.
	RetryGroupJoinErrors bool `json:"retryGroupJoinErrors" default:"true"`
}

// metadataInterval is how often a group looks for new topics and partitions.
const metadataInterval = 10 * time.Second

// maxGroupTime is what the protocol can carry as milliseconds in 32 bits.
const maxGroupTime = math.MaxInt32 * time.Millisecond

func (c *GroupConfig) resolve() (group.Config, error) {
	balancers := setting.List(c.GroupBalancer)
	errs := []error{
		c.validateInstanceID(),
		validateBalancers(balancers),
		setting.Within("sessionTimeout", c.SessionTimeout, time.Millisecond, maxGroupTime, "", "45s"),
		setting.Within("heartbeatInterval", c.HeartbeatInterval, time.Millisecond, maxGroupTime, "", "3s"),
		setting.Within("rebalanceTimeout", c.RebalanceTimeout, time.Millisecond, maxGroupTime, "", "60s"),
		setting.Text("groupID", c.GroupID, "orders"),
	}
	byServer := group.Protocol(c.GroupProtocol) == group.Consumer // whose times are the brokers'
	if !byServer && c.HeartbeatInterval >= c.SessionTimeout {
		errs = append(errs, setting.Invalid("heartbeatInterval", fmt.Sprintf("%s is not allowed: less than sessionTimeout, which is %s", c.HeartbeatInterval, c.SessionTimeout), "3s"))
	}
	if !byServer && c.HeartbeatInterval >= c.RebalanceTimeout {
		errs = append(errs, setting.Invalid("heartbeatInterval", fmt.Sprintf("%s is not allowed: less than rebalanceTimeout, which is %s", c.HeartbeatInterval, c.RebalanceTimeout), "3s"))
	}
	errs = append(errs, c.validateProtocol()...)
	return group.Config{
		GroupID:           c.GroupID,
		Protocol:          group.Protocol(c.GroupProtocol),
		Assignor:          c.GroupRemoteAssignor,
		InstanceID:        c.GroupInstanceID,
		Balancers:         balancers,
		SessionTimeout:    c.SessionTimeout,
		RebalanceTimeout:  c.RebalanceTimeout,
		HeartbeatInterval: c.HeartbeatInterval,
		MetadataInterval:  metadataInterval,
		RetryJoin:         c.RetryGroupJoinErrors,
	}, errors.Join(errs...)
}

func (c *GroupConfig) validateInstanceID() error {
	if c.GroupInstanceID == "" {
		return nil
	}
	if err := setting.CheckTopic(c.GroupInstanceID); err != nil { // Kafka has the same rule for both
		return setting.Invalid("groupInstanceID", err.Error(), "conduit-1")
	}
	return nil
}

func validateBalancers(chosen []string) error {
	known := strings.Join(group.Balancers(), ", ")
	var errs []error
	if len(chosen) == 0 {
		errs = append(errs, setting.Invalid("groupBalancer", "at least one is required of "+known, "range"))
	}
	for i, name := range chosen {
		if !slices.Contains(group.Balancers(), name) {
			errs = append(errs, setting.Invalid("groupBalancer", fmt.Sprintf("%q is unknown: %s", name, known), ""))
		}
		if slices.Contains(chosen[:i], name) {
			errs = append(errs, setting.Invalid("groupBalancer", fmt.Sprintf("%q is named twice", name), ""))
		}
	}
	return errors.Join(errs...)
}
