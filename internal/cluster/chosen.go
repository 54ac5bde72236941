package cluster

import (
	"errors"
	"slices"

	kafkago "github.com/segmentio/kafka-go"
)

// InternalTopics lists Kafka's own topics, which brokers also mark as Internal.
func InternalTopics() []string {
	return []string{"__consumer_offsets", "__transaction_state", "__share_group_state"}
}

// Chosen reports whether somebody who names topics, and others by a rule, means this one. The
// rule may be nil, for none. Kafka's internal topics are meant by their names alone.
func (t Topic) Chosen(names []string, match func(topic string) bool) bool {
	return slices.Contains(names, t.Name) || !t.Internal && match != nil && match(t.Name)
}

// Chosen lists the topics that are named, there or not, and those of all that the rule
// chooses and that are there: each once, sorted.
func Chosen(all map[string]Topic, names []string, match func(topic string) bool) []string {
	out := slices.Clone(names)
	for _, t := range all {
		if !errors.Is(t.Err, kafkago.UnknownTopicOrPartition) && t.Chosen(nil, match) {
			out = append(out, t.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
