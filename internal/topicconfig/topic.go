// Package topicconfig copies what topics are like, their partitions and their
// configuration, from the cluster of a source to that of a destination. A Teller puts it into
// batches of records, as text; an Applier takes it from there.
package topicconfig

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Topic is what a topic of the source is like.
type Topic struct {
	Name       string `json:"topic"`
	Partitions int32  `json:"partitions,omitempty"` // 0: unknown
	// Configs are the values that were set for the topic itself; nil: unknown.
	Configs map[string]string `json:"configs"`
	// Defaults are the names that the brokers know besides, sorted.
	Defaults []string `json:"defaults,omitempty"`
}

// Setting is a configuration of a topic, by Kafka's name of it.
type Setting struct{ Name, Value string }

// String is the topic in the words that Parse reads: JSON, the same for equal topics.
func (t Topic) String() string {
	text, err := json.Marshal(t)
	if err != nil { // of texts and a number there is none
		return ""
	}
	return string(text)
}

// What Parse takes: whoever can write to a topic may have written the text. A name or a value
// that is longer does not fit into a request.
const (
	maxText       = 64 << 10
	maxName       = 249 // Kafka's, of a topic
	maxString     = math.MaxInt16
	maxConfigs    = 1000
	maxPartitions = 10_000 // that Kafka's controller creates at once
)

// Parse reads what String returns.
func Parse(text string) (Topic, error) {
	var t Topic
	if len(text) > maxText {
		return t, fmt.Errorf("it has %d bytes, and %d are the most", len(text), maxText)
	}
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return t, err
	}
	switch {
	case t.Name == "":
		return t, errors.New("it names no topic")
	case len(t.Name) > maxName:
		return t, fmt.Errorf("a topic can't have a name of %d bytes", len(t.Name))
	case t.Partitions < 0 || t.Partitions > maxPartitions:
		return t, fmt.Errorf("a topic can't have %d partitions: %d are the most", t.Partitions, maxPartitions)
	case len(t.Configs) > maxConfigs:
		return t, fmt.Errorf("a topic can't have %d values of its own: %d are the most", len(t.Configs), maxConfigs)
	}
	for name, value := range t.Configs {
		if len(name) > maxString || len(value) > maxString {
			return t, fmt.Errorf("%.50q has a name of %d bytes and a value of %d: %d are the most", name, len(name), len(value), maxString)
		}
	}
	return t, nil
}

// staying are names of configuration that belong to a cluster and not to what a topic is for:
// replicas and what is asked of them, and whose timestamps count. A copy brings its own
// timestamps, and old ones. MirrorMaker leaves out the same, by its config.properties.exclude.
var staying = []string{
	"follower.replication.throttled.replicas",
	"leader.replication.throttled.replicas",
	"message.timestamp.after.max.ms",
	"message.timestamp.before.max.ms",
	"message.timestamp.difference.max.ms",
	"message.timestamp.type",
	"min.insync.replicas",
	"unclean.leader.election.enable",
}

// copied reports whether a configuration is copied, by its name.
func copied(name string) bool {
	_, stays := slices.BinarySearch(staying, name)
	return !stays
}
