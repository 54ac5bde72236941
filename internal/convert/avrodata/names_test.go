package avrodata

import (
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestNamesOfTypes(t *testing.T) {
	for text, c := range map[string]struct {
		own    string
		others []string
	}{
		`"string"`:              {"", nil},
		`["null","shop.Order"]`: {"", []string{"shop.Order"}},
		`{"type":"shop.Order"}`: {"", []string{"shop.Order"}},
		`{"type":"bytes","logicalType":"decimal","precision":4}`:      {"", nil},
		`{"type":"fixed","name":"a.b.Four","namespace":"c","size":4}`: {"a.b.Four", nil},
		`{"type":"record","name":"Order","namespace":"shop","fields":[
			{"name":"next","type":["null","Order","shop.Order"]},
			{"name":"lines","type":{"type":"array","items":{"type":"map","values":["Line","Line"]}}},
			{"name":"color","type":{"type":"enum","name":"Color","namespace":"paint","symbols":["A"]}},
			{"name":"again","type":"paint.Color"},
			{"name":"plain","type":{"type":"record","name":"Plain","namespace":"","fields":[{"name":"x","type":"Other"},{"name":"y","type":"Plain"}]}},
			{"name":"shade","type":{"type":"record","name":"paint.Shade","fields":[{"name":"x","type":"Color"},{"name":"y","type":"Tone"}]}}]}`: {
			"shop.Order", []string{"shop.Line", "Other", "paint.Tone"},
		},
	} {
		t.Run(text, func(t *testing.T) {
			is := is.New(t)
			own, others, err := Names(text)
			is.NoErr(err)
			is.Equal(own, c.own)
			is.Equal(others, c.others)
		})
	}
	_, _, err := Names("{")
	expect.Error(t, err, "parse the schema")
}
