package kafka

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// What members of the classic protocol decide for themselves, unless it is set.
const (
	defaultSessionTimeout    = 45 * time.Second
	defaultHeartbeatInterval = 3 * time.Second
)

// validateProtocol refuses settings that mean nothing under the group's protocol, unless
// they have their defaults.
func (c *GroupConfig) validateProtocol() []error {
	protocol := group.Protocol(cmp.Or(c.GroupProtocol, string(group.Classic)))
	if protocol == group.Consumer {
		return []error{
			c.brokersOwn("sessionTimeout", c.SessionTimeout != defaultSessionTimeout,
				"the brokers' group.consumer.session.timeout.ms takes its place, or consumer.session.timeout.ms of the group"),
			c.brokersOwn("heartbeatInterval", c.HeartbeatInterval != defaultHeartbeatInterval,
				"the brokers' group.consumer.heartbeat.interval.ms takes its place, or consumer.heartbeat.interval.ms of the group"),
			c.brokersOwn("groupBalancer", !slices.Equal(setting.List(c.GroupBalancer), group.DefaultBalancers),
				"groupRemoteAssignor takes its place"),
			setting.Text("groupRemoteAssignor", c.GroupRemoteAssignor, "uniform"),
		}
	}
	var errs []error
	if protocol != group.Classic {
		errs = append(errs, setting.Invalid("groupProtocol", fmt.Sprintf("%q is unknown: classic, consumer", c.GroupProtocol), "classic"))
	}
	if c.GroupRemoteAssignor != "" && protocol == group.Classic {
		errs = append(errs, setting.Invalid("groupRemoteAssignor", "is for groupProtocol consumer; under classic it is groupBalancer", ""))
	}
	return errs
}

// brokersOwn is an error if a setting is set that the brokers have under groupProtocol
// consumer.
func (c *GroupConfig) brokersOwn(name string, set bool, instead string) error {
	if !set {
		return nil
	}
	return setting.Invalid(name, "is not allowed with groupProtocol consumer: "+instead, "")
}
