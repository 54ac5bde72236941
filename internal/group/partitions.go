package group

import (
	"maps"
	"slices"
)

// Partitions is a set of partition IDs by topic. IDs are ascending.
type Partitions map[string][]int32

// Topics lists the topics in alphabetical order.
func (p Partitions) Topics() []string { return slices.Sorted(maps.Keys(p)) }

// Len counts the partitions.
func (p Partitions) Len() int {
	n := 0
	for _, ids := range p {
		n += len(ids)
	}
	return n
}

// Add puts partitions of a topic into the set.
func (p Partitions) Add(topic string, ids ...int32) {
	all := append(slices.Clip(p[topic]), ids...) // others may have what is there
	if !slices.IsSorted(all) {
		slices.Sort(all)
	}
	p[topic] = slices.Compact(all)
}

// Has reports whether a partition is in the set.
func (p Partitions) Has(topic string, id int32) bool {
	_, found := slices.BinarySearch(p[topic], id)
	return found
}

// Minus returns the partitions of p that are not in q.
func (p Partitions) Minus(q Partitions) Partitions {
	out := Partitions{}
	for topic, ids := range p {
		for _, id := range ids {
			if !q.Has(topic, id) {
				out[topic] = append(out[topic], id)
			}
		}
	}
	return out
}

func (p Partitions) without(topics []string) Partitions {
	if len(topics) == 0 {
		return p
	}
	out := maps.Clone(p)
	for _, topic := range topics {
		delete(out, topic)
	}
	return out
}

func (p Partitions) sort() Partitions {
	for _, ids := range p {
		slices.Sort(ids)
	}
	return p
}
