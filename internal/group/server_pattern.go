package group

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// A coordinator can look for the topics itself that match a regular expression
// (SubscribedTopicRegex), so that not every member has to list all topics of the cluster.
// The settings hold all the same. Where they say more than one expression can, or that
// would find topics of Kafka's own, the topics are listed here; and so they are from then
// on if the coordinator does not take the expression, or assigns what the settings don't
// choose or this login may not see: it looks with the rights of any member of the group.

// patternFor is what a coordinator is to look for, "" for nothing. Kafka's internal topics are
// read only if they are named.
func patternFor(cfg Config) string {
	if cfg.Pattern == "" || cfg.Match == nil || slices.ContainsFunc(cluster.InternalTopics(), cfg.Match) {
		return ""
	}
	return cfg.Pattern
}

// subscribeNames finds the topics that are subscribed to by name: beside a pattern, those
// that the settings name. A pattern that is unfit goes once the topics are listed: until
// then it chooses what this member holds.
func (m *serverMember) subscribeNames(ctx context.Context) error {
	if m.pattern == "" || m.unfit {
		_, err := m.subscribe(ctx)
		if err == nil && m.unfit {
			m.dropPattern(errStrange)
		}
		return err
	}
	m.topics, m.subscribed = append([]string{}, m.cfg.Topics...), true
	m.cfg.Info(fmt.Sprintf("group %q: reading %d topics that are named, and those that the coordinator finds to match %s", m.cfg.GroupID, len(m.topics), m.pattern))
	return nil
}

// chooses returns what reports whether a topic is one that this member reads.
func (m *serverMember) chooses() func(topic string) bool {
	named := set(m.topics)
	return func(topic string) bool {
		return named[topic] || m.pattern != "" && topic != "" && m.cfg.Match(topic)
	}
}

// patternPatience is how long topics may be assigned that a pattern should not find. The
// broker that tells their names may know later of a topic than the coordinator does.
const patternPatience = 10 * time.Second

// errStrange says why a pattern is given up.
var errStrange = errors.New("the coordinator assigns topics that topicsRegex does not choose, or that this login may not describe")

// checkPattern has a pattern given up by which other topics are assigned than should be.
func (m *serverMember) checkPattern() {
	switch {
	case m.pattern == "" || !m.strange():
		m.strangeAt, m.unfit = time.Time{}, false
	case m.strangeAt.IsZero():
		m.strangeAt = time.Now()
	case !m.unfit && time.Since(m.strangeAt) > patternPatience:
		m.unfit, m.subscribeAt = true, time.Time{}
		m.hurry()
	}
}

// strange reports whether there is a topic in the target without a known name, or that is
// not to be read.
func (m *serverMember) strange() bool {
	wanted := m.chooses()
	for id := range m.target {
		if !wanted(m.names[id]) {
			return true
		}
	}
	return false
}

// dropPattern lists the topics here from now on.
func (m *serverMember) dropPattern(why error) {
	m.cfg.Warn("the source looks for topics itself, and not the coordinator",
		fmt.Errorf("have the coordinator of group %q find the topics that topicsRegex chooses, as %s: %w", m.cfg.GroupID, m.pattern, why))
	m.pattern, m.strangeAt, m.unfit = "", time.Time{}, false
}
