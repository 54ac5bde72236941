package registry_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

const shopOrder = `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"}]}`

func TestSchemasThatReferToOthers(t *testing.T) {
	for format, c := range map[string]struct {
		typ, inner, outer, name string
	}{
		"avro": {"AVRO", `{"type":"record","name":"Country","namespace":"shop","fields":[{"name":"code","type":"string"}]}`,
			`{"type":"record","name":"Customer","namespace":"shop","fields":[{"name":"home","type":"shop.Country"},{"name":"work","type":["null","shop.Country"]}]}`, "shop.Country"},
		"protobuf": {"PROTOBUF", `syntax = "proto3"; package shop; message Country { string code = 1; }`,
			`syntax = "proto3"; package shop; import "country.proto"; message Customer { Country home = 1; Country work = 2; }`, "country.proto"},
		"json-schema": {"JSON", `{"$id":"country.json","type":"object","properties":{"code":{"type":"string"}},"required":["code"]}`,
			`{"$id":"customer.json","type":"object","properties":{"home":{"$ref":"country.json"},"work":{"oneOf":[{"type":"null"},{"$ref":"country.json"}]}}}`, "country.json"},
	} {
		t.Run(format, func(t *testing.T) {
			is := is.New(t)
			p := newPlace(t)
			p.register(p.topic+"-country", c.typ, c.inner)
			id := p.register(p.topic+"-value", c.typ, c.outer, sr.SchemaReference{Name: c.name, Subject: p.topic + "-country", Version: 1})
			row := opencdc.StructuredData{"home": map[string]any{"code": "A"}, "work": nil}
			for _, schema := range []string{"latest", fmt.Sprint(id)} {
				is.NoErr(p.write(settings{"value.format": format, "value.schema": schema}, row))
			}
			got, err := p.read(p.open(settings{"value.decode": format}), 2)
			is.NoErr(err)
			for _, r := range got {
				is.Equal(r.Payload.After, row)
				is.Equal(r.Metadata["kafka.value.schemaID"], fmt.Sprint(id))
			}
			wrong := opencdc.StructuredData{"home": map[string]any{"code": int64(1)}, "work": nil}
			expect.Error(t, p.write(settings{"value.format": format}, wrong), "code")
		})
	}
}

func TestSchemasOfFilesAreRegistered(t *testing.T) {
	schemas := map[string]string{
		"avro":        strings.Replace(shopOrder, "{", `{"doc":"of a file",`, 1), // no other subject has it
		"protobuf":    `syntax = "proto3"; package shop; message Order { int64 id = 1; }`,
		"json-schema": `{"title":"shop.Order","type":"object","properties":{"id":{"type":"integer"}}}`,
	}
	for format, text := range schemas {
		t.Run(format, func(t *testing.T) {
			is := is.New(t)
			p := newPlace(t)
			file := filepath.Join(t.TempDir(), "schema")
			is.NoErr(os.WriteFile(file, []byte(text), 0o600))
			s := settings{"value.format": format, "value.schema": file}
			row := opencdc.StructuredData{"id": int64(7)}
			expect.Error(t, p.write(s, row), "schema.autoRegister registers it")
			is.NoErr(p.write(s.with(settings{"schema.autoRegister": "true", "schema.subject": "topic-record"}), row))
			is.NoErr(p.write(s.with(settings{"schema.subject": "topic-record"}), row)) // where it is now
			got, err := p.read(p.open(settings{"value.decode": format}), 2)
			is.NoErr(err)
			for _, r := range got {
				is.Equal(r.Payload.After, row)
				is.Equal(r.Metadata["kafka.value.schemaSubject"], p.topic+"-shop.Order")
			}
		})
	}
}

func TestSchemasOfFilesAreRegisteredWithWhatTheyReferTo(t *testing.T) {
	for format, c := range map[string]struct {
		inner, outer           string // files
		innerSchema, outSchema string
		subject                string // of the inner one
	}{
		"avro": {
			"Country.avsc", "customer.avsc", `{"type":"record","name":"Country","namespace":"files","fields":[{"name":"code","type":"string"}]}`,
			`{"type":"record","name":"Customer","namespace":"files","fields":[{"name":"home","type":"Country"}]}`, "files.Country",
		},
		"protobuf": {
			"files/country.proto", "customer.proto", `syntax = "proto3"; package files; message Country { string code = 1; }`,
			`syntax = "proto3"; package files; import "files/country.proto"; message Customer { Country home = 1; }`, "files/country.proto",
		},
		"json-schema": {
			"files/country.json", "customer.json", `{"type":"object","properties":{"code":{"type":"string"}},"required":["code"]}`,
			`{"type":"object","properties":{"home":{"$ref":"files/country.json"}}}`, "files/country.json",
		},
	} {
		t.Run(format, func(t *testing.T) {
			is := is.New(t)
			p := newPlace(t)
			dir := t.TempDir()
			is.NoErr(os.Mkdir(filepath.Join(dir, "files"), 0o700))
			is.NoErr(os.WriteFile(filepath.Join(dir, c.inner), []byte(c.innerSchema), 0o600))
			is.NoErr(os.WriteFile(filepath.Join(dir, c.outer), []byte(c.outSchema), 0o600))
			s := settings{"value.format": format, "value.schema": filepath.Join(dir, c.outer)}
			row := opencdc.StructuredData{"home": map[string]any{"code": "A"}}
			expect.Error(t, p.write(s, row), c.outer+` refers to "`+c.subject+`"`, "schema.autoRegister registers it")
			is.NoErr(p.write(s.with(settings{"schema.autoRegister": "true"}), row))
			is.NoErr(p.write(s, row)) // where it is now
			top, err := p.schemas.SchemaByVersion(p.ctx, p.topic+"-value", 1)
			is.NoErr(err)
			is.Equal(top.References, []sr.SchemaReference{{Name: c.subject, Subject: c.subject, Version: 1}})
			got, err := p.read(p.open(settings{"value.decode": format}), 2)
			is.NoErr(err)
			for _, r := range got {
				is.Equal(r.Payload.After, row)
				is.Equal(r.Metadata["kafka.value.schemaID"], fmt.Sprint(top.ID))
			}
		})
	}
}

func TestWhatTheRegistryRefusesIsSaidInItsWords(t *testing.T) {
	is := is.New(t)
	p := newPlace(t)
	p.register(p.topic+"-value", "AVRO", shopOrder)
	for _, r := range p.schemas.SetCompatibility(p.ctx, sr.SetCompatibility{Level: sr.CompatBackward}, p.topic+"-value") {
		is.NoErr(r.Err)
	}
	file := filepath.Join(t.TempDir(), "order.avsc")
	is.NoErr(os.WriteFile(file, []byte(`{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"},{"name":"of","type":"string"}]}`), 0o600))
	err := p.write(settings{"value.format": "avro", "value.schema": file, "schema.autoRegister": "true"}, opencdc.StructuredData{"id": 7, "of": "x"})
	expect.Error(t, err, "register the schema under subject", p.topic+"-value", "the schema registry refuses it", "Incompatible artifact", "of at /fields/1")
}

func TestASchemaThatTheRegistryDoesNotHaveIsAnErrorOfTheRecord(t *testing.T) {
	is := is.New(t)
	p := newPlace(t)
	is.NoErr(p.write(settings{"value.format": "payload"}, opencdc.RawData("\x00\x7f\xff\xff\xff\x02")))
	_, err := p.read(p.open(settings{"value.decode": "avro"}), 1)
	expect.Error(t, err, "offset 0 of partition 0 of topic "+p.topic, "find schema 2147483647: the schema registry does not have it", "contentId-2147483647")
	got, err := p.read(p.open(settings{"value.decode": "auto", "decode.onError": "raw"}), 1)
	is.NoErr(err)
	is.Equal(got[0].Payload.After, opencdc.RawData("\x00\x7f\xff\xff\xff\x02"))
	is.Equal(p.log.Count("ask the schema registry"), 0)
}
