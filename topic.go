package kafka

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"github.com/conduitio/conduit-commons/opencdc"
)

// maxTopicLength is Kafka's limit, as it names directories.
const maxTopicLength = 249

var topicPattern = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// topicFunc gives the topic of a record.
type topicFunc func(*opencdc.Record) (string, error)

// checkTopic tells what Kafka doesn't allow about a topic's name.
func checkTopic(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case name == "." || name == "..":
		return fmt.Errorf("%q is not allowed as a name", name)
	case len(name) > maxTopicLength:
		return fmt.Errorf("the name has %d characters, up to %d are allowed", len(name), maxTopicLength)
	case !topicPattern.MatchString(name):
		return fmt.Errorf("%q has characters that are not allowed: letters, digits, '.', '_' and '-' are", name)
	}
	return nil
}

func validateTopic(setting, name string) error {
	if err := checkTopic(name); err != nil {
		return settingError(setting, err.Error(), "")
	}
	return nil
}

// newTopicFunc reads the topic setting: a name, or a template that makes one.
func newTopicFunc(setting string) (topicFunc, error) {
	if !strings.Contains(setting, "{{") {
		if err := checkTopic(setting); err != nil {
			return nil, settingError("topic", err.Error()+"; give a topic's name or a Go template", `{{ index .Metadata "opencdc.collection" }}`)
		}
		return func(*opencdc.Record) (string, error) { return setting, nil }, nil
	}
	if field, ok := metadataField(setting); ok {
		return metadataTopic(field), nil
	}
	t, err := template.New("topic").Funcs(sprig.TxtFuncMap()).Parse(setting)
	if err != nil {
		return nil, settingError("topic", fmt.Sprintf("it is not a Go template: %v", err), "")
	}
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
		if err := checkTopic(name); err != nil {
			return "", fmt.Errorf("make the topic from the topic template %q: %w", setting, err)
		}
		if len(names) < 1000 {
			names[name] = name
		}
		return name, nil
	}, nil
}

var metadataTemplate = regexp.MustCompile(`^\{\{-?\s*index\s+\.Metadata\s+"([^"\\]+)"\s*-?\}\}$`)

// metadataField recognises the template that only looks up a metadata field, as
// the default does: it need not be executed for each record.
func metadataField(setting string) (string, bool) {
	m := metadataTemplate.FindStringSubmatch(setting)
	if m == nil {
		return "", false
	}
	return m[1], true
}

func metadataTopic(field string) topicFunc {
	var last string // passed the check
	return func(r *opencdc.Record) (string, error) {
		name, ok := r.Metadata[field]
		switch {
		case ok && name == last && name != "":
			return name, nil
		case !ok:
			return "", fmt.Errorf("find the topic: the record has no metadata field %q; set topic to a name, or to a template of what the record has", field)
		}
		if err := checkTopic(name); err != nil {
			return "", fmt.Errorf("find the topic in metadata field %q: %w", field, err)
		}
		last = name
		return name, nil
	}
}
