package convert

import (
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestTextsOfARecord(t *testing.T) {
	record := &opencdc.Record{
		Operation: opencdc.OperationUpdate,
		Metadata:  opencdc.Metadata{"region": "eu"},
		Key:       opencdc.StructuredData{"id": 7},
		Payload:   opencdc.Change{After: opencdc.StructuredData{"null": nil}},
	}
	for setting, want := range map[string]string{
		"":                                "",
		"fixed":                           "fixed",
		"{ not a template }":              "{ not a template }",
		`{{ index .Metadata "region" }}`:  "eu",
		`{{ index .Metadata "nothing" }}`: "",
		`{{ .Metadata.region }}`:          "eu",
		`{{ .Key.id }}-{{ .Operation }}`:  "7-update",
		`{{ index .Metadata "nothing" | default "us" | upper }}`: "US",
	} {
		t.Run(setting, func(t *testing.T) {
			is := is.New(t)
			text, err := newTextFunc("key", setting)
			is.NoErr(err)
			for range 2 {
				got, err := text(record)
				is.NoErr(err)
				is.Equal(got, want)
			}
		})
	}
	for setting, says := range map[string]string{
		`{{ .Metadata.nothing }}`:   "nothing",
		`{{ .Key.nothing }}`:        "nothing",
		`{{ .Payload.After.null }}`: "<no value>",
		`{{ fail "no luck" }}`:      "no luck",
		`{{ .Payload.Before.x }}`:   "nil",
	} {
		t.Run(setting, func(t *testing.T) {
			is := is.New(t)
			text, err := newTextFunc("key", setting)
			is.NoErr(err)
			_, err = text(record)
			is.True(err != nil)
			is.True(strings.HasPrefix(err.Error(), "make a text from the template of key: "))
			expect.Error(t, err, says)
		})
	}
	t.Run("not a template", func(t *testing.T) {
		is := is.New(t)
		_, err := newTextFunc("key", "{{ unheard }}")
		is.True(err != nil)
		is.True(strings.HasPrefix(err.Error(), "key: it is not a Go template"))
	})
}
