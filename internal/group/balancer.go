package group

import (
	"cmp"
	"maps"
	"slices"
)

// memberInfo is a member as the leader sees it.
type memberInfo struct {
	id       string
	instance string // static membership (KIP-345); empty for dynamic members
	subscription
}

// balancer divides partitions among the members of a group. counts has the
// number of partitions of each topic that exists.
type balancer interface {
	name() string
	// cooperative reports whether members keep their partitions while they join
	// again (KIP-429); otherwise they give all back before.
	cooperative() bool
	assign(members []memberInfo, counts map[string]int32) map[string]Partitions
}

// rangeBalancer is Kafka's RangeAssignor: per topic, the subscribed members in
// order get contiguous runs of partitions, the first ones one more where the
// division leaves a rest. Topics with as many partitions stay co-partitioned.
type rangeBalancer struct{}

func (rangeBalancer) name() string { return "range" }

func (rangeBalancer) cooperative() bool { return false }

func (rangeBalancer) assign(members []memberInfo, counts map[string]int32) map[string]Partitions {
	out := make(map[string]Partitions, len(members))
	byTopic := make(map[string][]memberInfo)
	for _, m := range members {
		out[m.id] = Partitions{}
		for _, t := range m.topics {
			byTopic[t] = append(byTopic[t], m)
		}
	}
	for topic, subscribed := range byTopic {
		slices.SortFunc(subscribed, compareMembers)
		count, n := int(counts[topic]), len(subscribed)
		next := 0
		for i, m := range subscribed {
			share := count / n
			if i < count%n {
				share++
			}
			for range share {
				out[m.id][topic] = append(out[m.id][topic], int32(next))
				next++
			}
		}
	}
	return out
}

// compareMembers orders static members by their instance ID before dynamic ones
// by their member ID, so that a restarted static member gets what it had.
func compareMembers(a, b memberInfo) int {
	switch {
	case a.instance != "" && b.instance != "":
		return cmp.Compare(a.instance, b.instance)
	case a.instance != "":
		return -1
	case b.instance != "":
		return 1
	}
	return cmp.Compare(a.id, b.id)
}

// balancers are those that can be offered. The coordinator chooses one that all
// members of the group offer.
var balancers = map[string]balancer{
	"cooperative-sticky": stickyBalancer{},
	"range":              rangeBalancer{},
	"roundrobin":         roundRobinBalancer{},
	"sticky":             stickyBalancer{eager: true},
}

// DefaultBalancers are what a member offers unless it is told otherwise: Kafka's
// own consumer has both, franz-go the first, kafka-go the second.
var DefaultBalancers = []string{"cooperative-sticky", "range"}

// Balancers lists the names of those that can be offered.
func Balancers() []string { return slices.Sorted(maps.Keys(balancers)) }
