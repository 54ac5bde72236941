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
	// Whether records say what their topics are like: some have the topic's partitions and
	// configuration in the metadata field kafka.topicConfigs, which a destination with the
	// setting of the same name applies to its own topics. The login needs DescribeConfigs on
	// the topics.
	CopyTopicConfigs bool `json:"copyTopicConfigs" default:"false"`
}

// topics is what a source reads, out of the settings.
type topics struct {
	names []string                // those that are named, each once, sorted
	match func(topic string) bool // whether to read others; nil: none
	// pattern is the expression by which match chooses them; "" where it takes more than
	// one.
	pattern string
	words   string // what the settings say, one a line
}

func (c *TopicsConfig) resolve() (topics, error) {
	var errs []error
	names := append(setting.List(c.Topics), setting.List(c.Topic)...)
	switch {
	case len(setting.List(c.Topics)) > 0 && len(setting.List(c.Topic)) > 0:
		errs = append(errs, setting.Invalid("topic", "it is an alias of topics: give one of the two", ""))
	case len(names) == 0 && c.TopicsRegex == "":
		errs = append(errs, setting.Missing("topics", "at least one topic is required, or topicsRegex", "orders,payments", ErrTopicMissing))
	}
	for _, t := range setting.List(c.Topics) {
		errs = append(errs, setting.Topic("topics", t))
	}
	for _, t := range setting.List(c.Topic) {
		errs = append(errs, setting.Topic("topic", t))
	}
	include, includeErr := wholeName("topicsRegex", c.TopicsRegex)
	exclude, excludeErr := wholeName("topicsExclude", c.TopicsExclude)
	if c.TopicsExclude != "" && c.TopicsRegex == "" {
		errs = append(errs, setting.Invalid("topicsExclude", "it leaves out topics that match topicsRegex, which is not given", ""))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	pattern := ""
	if include != nil && exclude == nil {
		pattern = include.String()
	}
	return topics{
		names:   names,
		match:   matcher(include, exclude),
		pattern: pattern,
		words:   strings.Join(names, ",") + "\n" + c.TopicsRegex + "\n" + c.TopicsExclude,
	}, errors.Join(append(errs, includeErr, excludeErr)...)
}

// matcher returns what chooses topics by their names; nil without include.
func matcher(include, exclude *regexp.Regexp) func(topic string) bool {
	if include == nil {
		return nil
	}
	return func(topic string) bool {
		return include.MatchString(topic) && (exclude == nil || !exclude.MatchString(topic))
	}
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
