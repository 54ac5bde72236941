package kafka

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// topicConfigName is how Kafka names the configuration of topics. Which names there are is
// up to the brokers.
var topicConfigName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// topicConfigs reads the lines of topicConfigs, and returns them sorted by name.
func (c *DestinationConfig) topicConfigs() ([]produce.TopicConfig, error) {
	const example = "cleanup.policy=compact"
	var out []produce.TopicConfig
	var errs []error
	for line := range strings.Lines(c.TopicConfigs) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !ok || !topicConfigName.MatchString(name):
			errs = append(errs, setting.Invalid("topicConfigs", fmt.Sprintf("line %q is not name=value", line), example))
		case value == "":
			errs = append(errs, setting.Missing("topicConfigs", name+" has no value", example, nil))
		case slices.ContainsFunc(out, func(o produce.TopicConfig) bool { return o.Name == name }):
			errs = append(errs, setting.Invalid("topicConfigs", name+" is given twice", ""))
		}
		out = append(out, produce.TopicConfig{Name: name, Value: value})
	}
	if len(out) > 0 && !c.TopicAutoCreate {
		errs = append(errs, setting.Invalid("topicConfigs", "it is of no use while topicAutoCreate is off", ""))
	}
	slices.SortFunc(out, func(a, b produce.TopicConfig) int { return cmp.Compare(a.Name, b.Name) })
	return out, errors.Join(errs...)
}
