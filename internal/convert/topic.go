package convert

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// topicRules say which topics records may go to.
type topicRules struct {
	allowed  []string // none: all
	progress string   // is not for records; "": there is none
}

// check tells why no record may go to a topic.
func (r topicRules) check(name string) error {
	if err := setting.CheckTopic(name); err != nil {
		return err
	}
	if len(r.allowed) > 0 && !slices.Contains(r.allowed, name) {
		return fmt.Errorf("topic %q is not one of allowedTopics (%s)", name, strings.Join(r.allowed, ", "))
	}
	if name == r.progress {
		return fmt.Errorf("topic %q is where exactlyOnce keeps progress, and not for records: have them go to another topic, or set another progressTopic", name)
	}
	return nil
}

const (
	topicForms   = "give a topic's name or a Go template"
	topicExample = `{{ index .Metadata "opencdc.collection" }}`
)

// newTopicFunc reads the topic setting: a name, or a template that makes one.
func newTopicFunc(topic string, rules topicRules) (textFunc, error) {
	check := rules.check
	if topic == "" {
		return nil, &setting.Error{Name: "topic", Problem: "the name is empty; " + topicForms, Example: topicExample, Err: setting.ErrTopicMissing}
	}
	if !isTemplate(topic) {
		if err := setting.CheckTopic(topic); err != nil {
			return nil, setting.Invalid("topic", err.Error()+"; "+topicForms, topicExample)
		}
		if err := check(topic); err != nil {
			return nil, setting.Invalid("topic", err.Error(), "")
		}
		return func(*opencdc.Record) (string, error) { return topic, nil }, nil
	}
	if field, ok := metadataField(topic); ok {
		return metadataTopic(field, check), nil
	}
	t, err := parseTemplate("topic", topic)
	if err != nil {
		return nil, err
	}
	return templateTopic(t, topic, check), nil
}

func templateTopic(t *template.Template, topic string, check func(string) error) textFunc {
	var buf bytes.Buffer
	names := make(map[string]string) // so that a name is checked and allocated once
	return func(r *opencdc.Record) (string, error) {
		buf.Reset()
		if err := t.Execute(&buf, *r); err != nil {
			return "", fmt.Errorf("make the topic from the topic template: %w", err)
		}
		if name, ok := names[string(buf.Bytes())]; ok {
			return name, nil
		}
		name := buf.String()
		if err := check(name); err != nil {
			return "", fmt.Errorf("make the topic from the topic template %q: %w", topic, err)
		}
		if len(names) < 1000 {
			names[name] = name
		}
		return name, nil
	}
}

func metadataTopic(field string, check func(string) error) textFunc {
	var last string // passed the check
	return func(r *opencdc.Record) (string, error) {
		name, ok := r.Metadata[field]
		switch {
		case ok && name == last && name != "":
			return name, nil
		case !ok:
			return "", fmt.Errorf("find the topic: the record has no metadata field %q; set topic to a name, or to a template of what the record has", field)
		}
		if err := check(name); err != nil {
			return "", fmt.Errorf("find the topic in metadata field %q: %w", field, err)
		}
		last = name
		return name, nil
	}
}
