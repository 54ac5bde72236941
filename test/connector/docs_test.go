package connector_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/conduitio/yaml/v3"
	"github.com/matryer/is"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/test/certs"
)

var yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```")

// blocks are the blocks of YAML of a document.
func blocks(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	is.New(t).NoErr(err)
	var out []string
	for _, m := range yamlBlock.FindAllSubmatch(text, -1) {
		out = append(out, string(m[1]))
	}
	return out
}

// The first block is a pipeline, the second has further settings for either side of it.
func TestThePipelineOfTheReadmeIsValid(t *testing.T) {
	is := is.New(t)
	found := blocks(t, "../../README.md")
	is.Equal(len(found), 2)
	pipeline, login := found[0], found[1]
	validPipelines(t, pipeline, nil)

	var v any
	is.NoErr(yaml.Unmarshal([]byte(pipeline), &v))
	for _, p := range (node{t, v}).at("pipelines").list() {
		for _, field := range []string{"plugin", "window-size", "window-nack-threshold"} {
			p.at("dead-letter-queue", field)
		}
	}
	from, to, ok := strings.Cut(pipeline, "      - id: to\n")
	is.True(ok)
	login = strings.ReplaceAll(login, "-----BEGIN CERTIFICATE-----\n            ...\n", certificate(t))
	validPipelines(t, from+login+"      - id: to\n"+to+login, []string{"KAFKA_PASSWORD"})
}

// certificate is one in PEM, indented as the lines of the README that stand for it.
func certificate(t *testing.T) string {
	t.Helper()
	ca, err := certs.New("authority")
	is.New(t).NoErr(err)
	return strings.ReplaceAll(strings.TrimSpace(string(ca.Cert())), "\n", "\n            ") + "\n"
}

// Settings stand in a block alone or under that word. They are a source's if they name
// topics to read, and a part of some where they name no servers.
func TestTheSettingsOfDocumentsAreValid(t *testing.T) {
	is := is.New(t)
	schema := filepath.Join(t.TempDir(), "order.avsc")
	is.NoErr(os.WriteFile(schema, []byte(`{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}`), 0o600))
	found := append(blocks(t, "../../docs/schemas.md"), blocks(t, "../../docs/configuration.md")...)
	is.True(len(found) >= 3)
	for _, block := range found {
		var v map[string]any
		is.NoErr(yaml.Unmarshal([]byte(block), &v))
		if inner, ok := v["settings"].(map[string]any); ok {
			v = inner
		}
		s := settings{"servers": "localhost:9092"}
		for name, value := range v {
			s[name] = variable.ReplaceAllString(node{t, value}.text(), "x")
		}
		if _, ok := s["value.schema"]; ok {
			s["value.schema"] = schema // the path is an example
		}
		var err error
		if _, ok := s["topics"]; ok {
			_, err = kafka.ParseSource(s)
		} else {
			_, err = kafka.ParseDestination(s)
		}
		is.NoErr(err) // the settings of this block are valid
	}
}
