package setting

import (
	"errors"
	"fmt"
	"regexp"
)

// maxTopicLength is Kafka's limit, because topics' names become names of directories.
const maxTopicLength = 249

var topicPattern = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// CheckTopic returns what Kafka does not allow about the name of a topic.
func CheckTopic(topic string) error {
	switch {
	case topic == "":
		return errors.New("the name is empty")
	case topic == "." || topic == "..":
		return fmt.Errorf("%q is not allowed as a name", topic)
	case len(topic) > maxTopicLength:
		return fmt.Errorf("the name has %d characters, up to %d are allowed", len(topic), maxTopicLength)
	case !topicPattern.MatchString(topic):
		return fmt.Errorf("%q has characters that are not allowed: letters, digits, '.', '_' and '-' are", topic)
	}
	return nil
}

// Topic checks the topic that a setting names.
func Topic(name, topic string) error {
	if err := CheckTopic(topic); err != nil {
		return Invalid(name, err.Error(), "")
	}
	return nil
}
