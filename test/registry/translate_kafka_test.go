package registry_test

import (
	"strconv"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// Two clusters of companies have a registry each. A copy is read with the registry on its own
// side, whose schemas have the text that they have on the other.
func TestCopiesHaveTheIDsOfTheirOwnRegistry(t *testing.T) {
	other := broker.AnotherRegistryForTest(t)
	cluster := broker.ForTest(t, broker.Options{})
	schemas, err := sr.NewClient(sr.URLs(other.URL()))
	is.New(t).NoErr(err)
	for format, c := range map[string]struct {
		typ, inner, outer, name string
	}{
		"avro": {"AVRO", `{"type":"record","name":"Country","namespace":"shop","doc":"of the copy","fields":[{"name":"code","type":"string","default":"A"}]}`,
			`{"type":"record","name":"Customer","namespace":"shop","doc":"kept","fields":[{"name":"home","type":"shop.Country","x-owner":"team"},{"name":"born","type":{"type":"int","logicalType":"date"}}]}`, "shop.Country"},
		"protobuf": {"PROTOBUF", `syntax = "proto3"; package shop; message Country { string code = 1; }`,
			`syntax = "proto3"; package shop; import "land.proto"; message Customer { Country home = 1; string born = 9; }`, "land.proto"},
		"json-schema": {"JSON", `{"$id":"land.json","type":"object","properties":{"code":{"type":"string"}},"required":["code"]}`,
			`{"$id":"kunde.json","title":"kept","type":"object","properties":{"home":{"$ref":"land.json"},"born":{"type":"string","format":"date"}}}`, "land.json"},
	} {
		t.Run(format, func(t *testing.T) {
			is := is.New(t)
			p := newPlace(t)
			p.register(p.topic+"-country", c.typ, c.inner)
			id := p.register(p.topic+"-value", c.typ, c.outer, sr.SchemaReference{Name: c.name, Subject: p.topic + "-country", Version: 1})
			row := opencdc.StructuredData{"home": map[string]any{"code": "A"}, "born": "2024-04-30"}
			is.NoErr(p.write(settings{"value.format": format}, row))
			read, err := p.read(p.open(settings{}), 1)
			is.NoErr(err)

			copies := map[string]settings{
				"another registry": {"value.format": "schema-id", "schema.autoRegister": "true", "schemaRegistry.urls": other.URL(), "schemaRegistry.source.urls": p.registry.URL()},
				"the same":         {"value.format": "payload"},
			}
			for name, s := range copies {
				to := cluster.NewTopic(t, 1, nil)
				_, err := sides.Write(p.ctx, p.shared.with(settings{"topic": to}).with(s), read[0].Clone())
				is.NoErr(err)
				raw, err := p.read(p.open(settings{"topics": to}), 1)
				is.NoErr(err)
				was, now := read[0].Payload.After.Bytes(), raw[0].Payload.After.Bytes()
				is.Equal(now[5:], was[5:])
				url := p.registry.URL()
				if name == "another registry" {
					url = other.URL()
					registered, err := schemas.SchemaByVersion(p.ctx, to+"-value", -1)
					is.NoErr(err)
					is.Equal(registered.Schema.Schema, c.outer) // as text
					inner, err := schemas.SchemaByVersion(p.ctx, p.topic+"-country", -1)
					is.NoErr(err)
					is.Equal(inner.Schema.Schema, c.inner)
				} else {
					is.Equal(now, was)
				}
				decoded, err := p.read(p.open(settings{"topics": to, "value.decode": format, "schemaRegistry.urls": url}), 1)
				is.NoErr(err)
				is.Equal(decoded[0].Payload.After, row)
				if name == "the same" {
					is.Equal(decoded[0].Metadata[kafka.MetadataValueSchemaID], strconv.Itoa(id))
				}
			}
		})
	}
}
