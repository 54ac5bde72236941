package convert

import (
	"strconv"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

const defaultTopic = `{{ index .Metadata "opencdc.collection" }}`

func collected(name string) *opencdc.Record {
	return &opencdc.Record{Metadata: opencdc.Metadata{opencdc.MetadataCollection: name}}
}

func TestTheTopicOfARecord(t *testing.T) {
	record := opencdc.Record{
		Operation: opencdc.OperationUpdate,
		Metadata:  opencdc.Metadata{"opencdc.collection": "Orders", "region": "eu"},
		Key:       opencdc.StructuredData{"id": 7},
		Payload:   opencdc.Change{After: opencdc.StructuredData{"kind": "new"}},
	}
	for setting, want := range map[string]string{
		"orders":                           "orders",
		"a.B_9-":                           "a.B_9-",
		strings.Repeat("x", 249):           strings.Repeat("x", 249),
		defaultTopic:                       "Orders",
		`{{index .Metadata "region"}}`:     "eu",
		`{{- index .Metadata "region" -}}`: "eu",
		`x-{{ index .Metadata "region" }}`: "x-eu",
		`{{ index .Metadata "region" }}-{{ .Operation }}`:          "eu-update",
		`{{ index .Metadata "opencdc.collection" | lower }}`:       "orders", // sprig's
		`{{ .Metadata.region | default "us" }}`:                    "eu",
		`{{ .Metadata.missing | default "us" }}`:                   "us",
		`{{ if eq .Metadata.region "eu" }}eu{{ else }}xx{{ end }}`: "eu",
		`t{{ .Key.id }}.{{ .Payload.After.kind }}`:                 "t7.new",
		"{{ index .Metadata `region` }}":                           "eu",
	} {
		t.Run(setting, func(t *testing.T) {
			is := is.New(t)
			topic, err := newTopicFunc(setting, topicRules{})
			is.NoErr(err)
			for range 2 {
				got, err := topic(&record)
				is.NoErr(err)
				is.Equal(got, want)
			}
		})
	}
}

func TestTopicSettingsThatCanNotWork(t *testing.T) {
	for setting, says := range map[string]string{
		"":                              "the name is empty",
		".":                             `"." is not allowed`,
		"..":                            `".." is not allowed`,
		"a b":                           `"a b" has characters that are not allowed`,
		"a/b":                           "letters, digits, '.', '_' and '-'",
		"é":                             "not allowed",
		"a\n":                           "not allowed",
		"{ .Metadata }":                 "a topic's name or a Go template",
		strings.Repeat("x", 250):        "250 characters, up to 249",
		"{{":                            "not a Go template",
		`{{ index .Metadata "x" `:       "not a Go template",
		`{{ unheardOf .Metadata }}`:     "not a Go template",
		`{{ index .Metadata "x" }}{{ }`: "not a Go template",
	} {
		t.Run(setting, func(t *testing.T) {
			is := is.New(t)
			_, err := newTopicFunc(setting, topicRules{})
			is.True(err != nil)
			is.True(strings.HasPrefix(err.Error(), "topic: "))
			expect.Error(t, err, says)
		})
	}
}

// Each template is tried with a record for which it makes no topic, between two
// for which it does: only that record is refused.
// What a record says is text, whatever it looks like.
func TestATemplateInARecordIsNotExecuted(t *testing.T) {
	for _, setting := range []string{defaultTopic, `{{ index .Metadata "opencdc.collection" | trim }}`} {
		topic, err := newTopicFunc(setting, topicRules{})
		is.New(t).NoErr(err)
		_, err = topic(collected(`{{ .Operation }}`))
		expect.Error(t, err, `{{ .Operation }}`) // which is not a topic's name
	}
}

func TestATemplateThatFailsForOneRecord(t *testing.T) {
	long := strings.Repeat("x", 250)
	for name, c := range map[string]struct {
		setting string
		given   *opencdc.Record
		says    string
	}{
		"default, no such field":   {defaultTopic, &opencdc.Record{}, `no metadata field "opencdc.collection"`},
		"default, empty":           {defaultTopic, collected(""), "the name is empty"},
		"default, not a name":      {defaultTopic, collected("a b"), `"a b"`},
		"default, a directory":     {defaultTopic, collected(".."), `".."`},
		"default, too long":        {defaultTopic, collected(long), "250 characters"},
		"template, no such field":  {`{{ index .Metadata "opencdc.collection" | lower }}`, &opencdc.Record{}, "the name is empty"},
		"template, empty":          {`{{ index .Metadata "opencdc.collection" | trim }}`, collected(" "), "the name is empty"},
		"template, not a name":     {`{{ index .Metadata "opencdc.collection" | lower }}`, collected("A B"), `"a b"`},
		"template, too long":       {`{{ index .Metadata "opencdc.collection" | lower }}`, collected(long), "250 characters"},
		"template can't be run":    {`{{ index .Metadata "opencdc.collection" }}{{ if not .Metadata }}{{ .Key.id }}{{ end }}`, &opencdc.Record{Key: opencdc.RawData("k")}, "topic template"},
		"template fails of itself": {`{{ if not .Metadata }}{{ fail "no metadata" }}{{ end }}{{ index .Metadata "opencdc.collection" }}`, &opencdc.Record{}, "no metadata"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			topic, err := newTopicFunc(c.setting, topicRules{})
			is.NoErr(err)
			for range 2 {
				got, err := topic(collected("before"))
				is.NoErr(err)
				is.Equal(got, "before")

				got, err = topic(c.given)
				expect.Error(t, err, c.says)
				is.Equal(got, "")

				got, err = topic(collected("after"))
				is.NoErr(err)
				is.Equal(got, "after")
			}
		})
	}
}

// What exactlyOnce has noted would be overwritten.
func TestNoRecordGoesToTheProgressTopic(t *testing.T) {
	const says = "topic \"progress\" is where exactlyOnce keeps progress"
	for _, setting := range []string{defaultTopic, `{{ index .Metadata "opencdc.collection" | lower }}`} {
		topic, err := newTopicFunc(setting, topicRules{progress: "progress"})
		is.New(t).NoErr(err)
		for range 2 {
			_, err = topic(collected("progress"))
			expect.Error(t, err, says)
			_, err = topic(collected("orders"))
			is.New(t).NoErr(err)
		}
	}
	_, err := newTopicFunc("progress", topicRules{progress: "progress"})
	expect.Error(t, err, says)
}

func TestTheDefaultTopicNeedsNoTemplateRun(t *testing.T) {
	is := is.New(t)
	topic, err := newTopicFunc(defaultTopic, topicRules{})
	is.NoErr(err)
	r := collected("orders")
	is.Equal(testing.AllocsPerRun(100, func() { _, _ = topic(r) }), 0.0)
}

func TestManyTopicsOfOneTemplate(t *testing.T) {
	is := is.New(t)
	topic, err := newTopicFunc(`x.{{ .Metadata.n }}`, topicRules{})
	is.NoErr(err)
	first := make(map[string]string)
	for round := range 2 {
		for i := range 1500 { // more than are remembered
			n := strconv.Itoa(i)
			got, err := topic(&opencdc.Record{Metadata: opencdc.Metadata{"n": n}})
			is.NoErr(err)
			is.Equal(got, "x."+n)
			if round == 0 {
				first[n] = got
			}
		}
	}
	for n, name := range first {
		is.Equal(name, "x."+n) // not overwritten by those after it
	}
}
