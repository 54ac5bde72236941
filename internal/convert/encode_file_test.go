package convert

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// schemaFiles writes files into a directory, and returns the path of the first.
func schemaFiles(t testing.TB, namesAndTexts ...string) string {
	t.Helper()
	is, dir := is.New(t), t.TempDir()
	for i := 0; i < len(namesAndTexts); i += 2 {
		path := filepath.Join(dir, namesAndTexts[i])
		is.NoErr(os.MkdirAll(filepath.Dir(path), 0o700))
		is.NoErr(os.WriteFile(path, []byte(namesAndTexts[i+1]), 0o600))
	}
	return filepath.Join(dir, namesAndTexts[0])
}

const (
	avroCountry  = `{"type":"enum","name":"Country","namespace":"shop","symbols":["A","B"]}`
	avroAddress  = `{"type":"record","name":"Address","namespace":"shop","fields":[{"name":"country","type":"Country"}]}`
	avroCustomer = `{"type":"record","name":"Customer","namespace":"shop","fields":[{"name":"home","type":"Address"},{"name":"born","type":["null",{"type":"shop.Country"}]}]}`

	protoCountry  = `syntax = "proto3"; package shop; enum Country { A = 0; B = 1; }`
	protoAddress  = `syntax = "proto3"; package shop; import "shop/country.proto"; message Address { Country country = 1; }`
	protoCustomer = `syntax = "proto3"; package shop; import public "shop/address.proto"; import "shop/country.proto"; import "google/protobuf/timestamp.proto"; import "confluent/meta.proto";
		message Customer { Address home = 1; optional Country born = 2; google.protobuf.Timestamp at = 3; }`

	jsonCountry  = `{"$id":"https://shop.test/parts/country.json","enum":["A","B"]}`
	jsonAddress  = `{"type":"object","properties":{"country":{"$ref":"country.json"},"$ref":{"const":{"$ref":"nothing.json"}}},"required":["country"]}`
	jsonCustomer = `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","definitions":{"own":{"$id":"own.json","type":"null"}},
		"properties":{"home":{"$ref":"parts/address.json#"},"born":{"oneOf":[{"$ref":"own.json"},{"$ref":"https://shop.test/parts/country.json"}]},"of":{"$ref":"#/definitions/own"}}}`
)

func TestSchemasOfFilesAreRegisteredWithWhatTheyReferTo(t *testing.T) {
	for name, c := range map[string]struct {
		format   string
		files    []string
		subjects map[string][]string // and the subjects to which the schemas there refer
	}{
		"avro": {
			formatAvro,
			[]string{"customer.avsc", avroCustomer, "shop.Address.avsc", avroAddress, "country.avsc", avroCountry, "Country.json", "{"},
			map[string][]string{"shop.Country": nil, "shop.Address": {"shop.Country"}, "orders-value": {"shop.Address", "shop.Country"}},
		},
		"protobuf": {
			formatProtobuf,
			[]string{"customer.proto", protoCustomer, "shop/address.proto", protoAddress, "shop/country.proto", protoCountry},
			map[string][]string{"shop/country.proto": nil, "shop/address.proto": {"shop/country.proto"}, "orders-value": {"shop/address.proto", "shop/country.proto"}},
		},
		"json-schema": {
			formatJSONSchema,
			[]string{"customer.json", jsonCustomer, "parts/address.json", jsonAddress, "parts/country.json", jsonCountry, "country.json", jsonCountry},
			map[string][]string{"country.json": nil, "parts/address.json": {"country.json"}, "https://shop.test/parts/country.json": nil, "orders-value": {"https://shop.test/parts/country.json", "parts/address.json"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := srfake.New()
			defer r.Close()
			settings := map[string]string{"value.format": c.format, "value.schema": schemaFiles(t, c.files...)}
			data := opencdc.StructuredData{"home": map[string]any{"country": "B"}, "born": nil}
			_, err := encodeOne(t, encoding(t, r, settings), data)
			expect.Error(t, err, "encode the value: "+settings["value.schema"]+" refers to", "the schema registry does not have it", "schema.autoRegister registers it")

			settings["schema.autoRegister"] = "true"
			m := encoding(t, r, settings)
			got, err := encodeOne(t, m, data)
			is.NoErr(err)
			for subject, of := range c.subjects {
				registered, ok := r.GetSchema(subject, 1)
				is.True(ok)
				var subjects []string
				for _, ref := range registered.References {
					is.Equal(ref, sr.SchemaReference{Name: ref.Subject, Subject: ref.Subject, Version: 1})
					subjects = append(subjects, ref.Subject)
				}
				is.Equal(subjects, of)
			}
			top, _ := r.GetSchema("orders-value", 1)
			is.Equal(schemaID(got.Value), top.ID)
			back, err := decodeOne(t, DecodeConfig{ValueDecode: decodeAuto, Schemas: clientOf(t, r)}, got.Value)
			is.NoErr(err)
			is.Equal(back.Payload.After.(opencdc.StructuredData)["home"], data["home"])

			settings["schema.autoRegister"] = "false"
			again, err := encodeOne(t, encoding(t, r, settings), data)
			is.NoErr(err)
			is.Equal(again.Value, got.Value)
		})
	}
}

// What the registry has of a name is not what the file is: a version of its own.
func TestSchemasOfFilesReferToTheVersionThatTheyMean(t *testing.T) {
	is := is.New(t)
	r := srfake.New()
	defer r.Close()
	r.SeedSchema("shop.Country", 1, 1, sr.Schema{Schema: `{"type":"enum","name":"Country","namespace":"shop","symbols":["A"]}`})
	m := encoding(t, r, map[string]string{"value.format": formatAvro, "value.schema": schemaFiles(t, "address.avsc", avroAddress, "Country.avsc", avroCountry), "schema.autoRegister": "true"})
	_, err := encodeOne(t, m, opencdc.StructuredData{"country": "B"})
	is.NoErr(err)
	top, ok := r.GetSchema("orders-value", 1)
	is.True(ok)
	is.Equal(top.References, []sr.SchemaReference{{Name: "shop.Country", Subject: "shop.Country", Version: 2}})
}

func TestMistakesInFilesOfSchemas(t *testing.T) {
	r := srfake.New()
	defer r.Close()
	outside := schemaFiles(t, "country.json", jsonCountry)
	large := strings.Repeat(" ", 3<<20)
	many := []string{"many.proto", `syntax = "proto3";`}
	for i := range maxFiles + 1 {
		name := "p" + strings.Repeat("x", i)[:i%100] + strings.Repeat("y", i/100) + ".proto"
		many[1] += ` import "` + name + `";`
		many = append(many, name, `syntax = "proto3";`)
	}
	linked := schemaFiles(t, "a.json", `{"$ref":"country.json"}`)
	is.New(t).NoErr(os.Symlink(outside, filepath.Join(filepath.Dir(linked), "country.json")))
	for name, c := range map[string]struct {
		format, file string
		want         []string
	}{
		"missing, avro":       {formatAvro, schemaFiles(t, "order.avsc", avroAddress), []string{`order.avsc refers to "shop.Country", which must be a file beside it: there is no shop.Country.avsc and no Country.avsc and no country.avsc`}},
		"missing, protobuf":   {formatProtobuf, schemaFiles(t, "a.proto", protoAddress), []string{`a.proto refers to "shop/country.proto", which must be a file beside it: there is no shop/country.proto`}},
		"missing, json":       {formatJSONSchema, schemaFiles(t, "a.json", `{"$ref":"b.json"}`, "b.json", `{"$ref":"c/d.json"}`), []string{`a.json refers to "b.json": b.json refers to "c/d.json", which must be a file beside it: there is no c/d.json`}},
		"another type":        {formatAvro, schemaFiles(t, "order.avsc", avroAddress, "Country.avsc", avroAddress), []string{`Country.avsc is the schema of "shop.Address"`}},
		"outside, protobuf":   {formatProtobuf, schemaFiles(t, "a.proto", `import "../b.proto";`), []string{`"../b.proto" is not in the directory of the file`}},
		"outside, json":       {formatJSONSchema, schemaFiles(t, "a.json", `{"$ref":"`+outside+`"}`), []string{"is not in the directory of the file"}},
		"outside by a URL":    {formatJSONSchema, schemaFiles(t, "a.json", `{"$ref":"file://`+outside+`"}`), []string{"must be a file beside it: there is no country.json"}},
		"a URN":               {formatJSONSchema, schemaFiles(t, "a.json", `{"$ref":"urn:shop:country"}`), []string{"there is no urn:shop:country"}},
		"outside by a link":   {formatJSONSchema, linked, []string{"path escapes"}},
		"in a circle":         {formatProtobuf, schemaFiles(t, "a.proto", `import "b.proto";`, "b.proto", `import "c.proto";`, "c.proto", `import "b.proto";`), []string{"the registry takes no schemas that refer to each other"}},
		"to itself":           {formatJSONSchema, schemaFiles(t, "a.json", `{"properties":{"of":{"$ref":"a.json"}}}`), []string{"the registry takes no schemas that refer to each other"}},
		"two of a name":       {formatJSONSchema, schemaFiles(t, "a.json", `{"allOf":[{"$ref":"b.json"},{"$ref":"c/d.json"}]}`, "b.json", "{}", "c/d.json", `{"$ref":"b.json"}`, "c/b.json", "{}"), []string{`c/d.json refers to "b.json", which is another file for those that refer to b.json`}},
		"no schema":           {formatProtobuf, schemaFiles(t, "a.proto", `import "b.proto";`, "b.proto", `message {`), []string{`a.proto refers to "b.proto": b.proto: parse the schema`}},
		"a wrong schema":      {formatJSONSchema, schemaFiles(t, "a.json", `{"type":7}`), []string{"a.json: compile the schema"}},
		"too large":           {formatJSONSchema, schemaFiles(t, "a.json", `{"$ref":"b.json"}`+large, "b.json", "{}"+large), []string{`"b.json": the schema and those that it refers to have more than 4 MiB`}},
		"too large by itself": {formatAvro, schemaFiles(t, "a.avsc", large+large), []string{"have more than 4 MiB"}},
		"too many":            {formatProtobuf, schemaFiles(t, many...), []string{"it refers to more than 1000 others"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := configOf(t, map[string]string{"value.format": c.format, "value.schema": c.file})
			config.Registry = clientOf(t, r)
			expect.Error(t, config.Validate(), append(c.want, "value.schema: ", c.file)...)
			config = configOf(t, map[string]string{"keyFormat": c.format, "keySchema": c.file})
			config.Registry = clientOf(t, r)
			expect.Error(t, config.Validate(), append(c.want, "keySchema: ", c.file)...)
		})
	}
}
