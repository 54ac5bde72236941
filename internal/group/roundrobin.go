package group

import "slices"

// roundRobinBalancer is Kafka's RoundRobinAssignor: all partitions of all topics in
// order go to the members in order, each to the next one that subscribes to its
// topic.
type roundRobinBalancer struct{}

func (roundRobinBalancer) name() string { return "roundrobin" }

func (roundRobinBalancer) cooperative() bool { return false }

func (roundRobinBalancer) assign(members []memberInfo, counts map[string]int32) map[string]Partitions {
	members = slices.Clone(members)
	slices.SortFunc(members, compareMembers)
	out := make(map[string]Partitions, len(members))
	var topics []string
	for _, m := range members {
		out[m.id] = Partitions{}
		topics = append(topics, m.topics...)
	}
	slices.Sort(topics)
	next := 0
	for _, topic := range slices.Compact(topics) {
		for id := range counts[topic] {
			for !slices.Contains(members[next%len(members)].topics, topic) {
				next++
			}
			to := out[members[next%len(members)].id]
			to[topic] = append(to[topic], id)
			next++
		}
	}
	return out
}
