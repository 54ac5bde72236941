package convert

import (
	"fmt"
	"regexp"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// textFunc returns a text for a record: the same for all, or what a template evaluates
// to.
type textFunc func(*opencdc.Record) (string, error)

// newTextFunc reads a setting that is a text or a template. A template that refers to
// something a record lacks is an error of that record, except that a bare metadata
// lookup yields an empty text.
func newTextFunc(name, text string) (textFunc, error) {
	if !isTemplate(text) {
		return func(*opencdc.Record) (string, error) { return text, nil }, nil
	}
	if field, ok := metadataField(text); ok {
		return func(r *opencdc.Record) (string, error) { return r.Metadata[field], nil }, nil
	}
	t, err := parseTemplate(name, text)
	if err != nil {
		return nil, err
	}
	t.Option("missingkey=error")
	return func(r *opencdc.Record) (string, error) {
		var b strings.Builder
		if err := t.Execute(&b, *r); err != nil {
			return "", fmt.Errorf("make a text from the template of %s: %w", name, err)
		}
		if strings.Contains(b.String(), noValue) {
			return "", fmt.Errorf("make a text from the template of %s: the record has %s for it", name, noValue)
		}
		return b.String(), nil
	}, nil
}

// noValue is what templates make of fields that are null.
const noValue = "<no value>"

func isTemplate(text string) bool { return strings.Contains(text, "{{") }

func parseTemplate(name, text string) (*template.Template, error) {
	t, err := template.New(name).Funcs(sprig.TxtFuncMap()).Parse(text)
	if err != nil {
		return nil, setting.Invalid(name, fmt.Sprintf("it is not a Go template: %v", err), "")
	}
	return t, nil
}

var metadataTemplate = regexp.MustCompile(`^\{\{-?\s*index\s+\.Metadata\s+"([^"\\]+)"\s*-?\}\}$`)

// metadataField recognises the template that only looks up a metadata field, as
// the default topic does: it need not be executed for each record.
func metadataField(text string) (string, bool) {
	m := metadataTemplate.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	return m[1], true
}
