package kafka

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// TopicsConfig is what a source reads.
type TopicsConfig struct {
	// Topics to read, separated by commas. Required unless topicsRegex is given.
	Topics []string `json:"topics"`
	// Alias of topics, for pipelines that read a single topic.
	Topic []string `json:"topic"`
	// [Go regular expression](https://pkg.go.dev/regexp/syntax) for topics to read in
	// addition to topics. It must match the whole name, and applies to topics that are
	// created later as well.
	TopicsRegex string `json:"topicsRegex"`
	// Go regular expression for topics to leave out of those that topicsRegex matches.
	// It must match the whole name.
	TopicsExclude string `json:"topicsExclude"`
}

func (c *TopicsConfig) validate() error {
	var errs []error
	switch {
	case len(setting.List(c.Topics)) > 0 && len(setting.List(c.Topic)) > 0:
		errs = append(errs, setting.Invalid("topic", "it is an alias of topics: give one of the two", ""))
	case len(c.topics()) == 0 && c.TopicsRegex == "":
		errs = append(errs, setting.Missing("topics", "at least one topic is required, or topicsRegex", "orders,payments", ErrTopicMissing))
	}
	for _, t := range setting.List(c.Topics) {
		errs = append(errs, setting.Topic("topics", t))
	}
	for _, t := range setting.List(c.Topic) {
		errs = append(errs, setting.Topic("topic", t))
	}
	_, regexErr := wholeName("topicsRegex", c.TopicsRegex)
	_, excludeErr := wholeName("topicsExclude", c.TopicsExclude)
	if c.TopicsExclude != "" && c.TopicsRegex == "" {
		errs = append(errs, setting.Invalid("topicsExclude", "it leaves out topics that match topicsRegex, which is not given", ""))
	}
	return errors.Join(append(errs, regexErr, excludeErr)...)
}

// wholeName compiles an expression that a topic's whole name must match; nil where
// there is none.
func wholeName(name, expr string) (*regexp.Regexp, error) {
	if expr == "" {
		return nil, nil
	}
	if _, err := regexp.Compile(expr); err != nil {
		return nil, setting.Invalid(name, fmt.Sprintf("it is not a Go regular expression: %v", err), `orders\..*`)
	}
	return regexp.Compile(`^(?:` + expr + `)$`)
}

// topics lists the topics that are named, each once.
func (c *TopicsConfig) topics() []string {
	t := append(setting.List(c.Topics), setting.List(c.Topic)...)
	slices.Sort(t)
	return slices.Compact(t)
}

// match returns what chooses topics by their names; nil without topicsRegex.
func (c *TopicsConfig) match() func(topic string) bool {
	include, _ := wholeName("topicsRegex", c.TopicsRegex)
	exclude, _ := wholeName("topicsExclude", c.TopicsExclude)
	if include == nil {
		return nil
	}
	return func(topic string) bool {
		return include.MatchString(topic) && (exclude == nil || !exclude.MatchString(topic))
	}
}

// reads is what is read, in one line for each setting.
func (c *TopicsConfig) reads() string {
	return strings.Join(c.topics(), ",") + "\n" + c.TopicsRegex + "\n" + c.TopicsExclude
}
