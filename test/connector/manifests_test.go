package connector_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/conduitio/yaml/v3"
	"github.com/matryer/is"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// node is a part of a YAML file.
type node struct {
	t *testing.T
	v any
}

// documents reads a file.
func documents(t *testing.T, name string) []node {
	t.Helper()
	f, err := os.Open(name)
	is.New(t).NoErr(err)
	defer f.Close()
	var out []node
	for decoder := yaml.NewDecoder(f); ; {
		var v any
		err := decoder.Decode(&v)
		if errors.Is(err, io.EOF) {
			return out
		}
		is.New(t).NoErr(err)
		out = append(out, node{t, v})
	}
}

// at returns what lies at a path of keys, which must be there.
func (n node) at(path ...string) node {
	n.t.Helper()
	for _, key := range path {
		m, ok := n.v.(map[string]any)
		if !ok || m[key] == nil {
			n.t.Fatalf("no %s in %v", strings.Join(path, "."), n.v)
		}
		n.v = m[key]
	}
	return n
}

// list returns the items of a list.
func (n node) list() []node {
	n.t.Helper()
	items, ok := n.v.([]any)
	if !ok {
		n.t.Fatalf("%v is no list", n.v)
	}
	out := make([]node, len(items))
	for i, v := range items {
		out[i] = node{n.t, v}
	}
	return out
}

// texts returns the text at a path in each item of a list.
func (n node) texts(path ...string) []string {
	n.t.Helper()
	var out []string
	for _, item := range n.list() {
		out = append(out, item.at(path...).text())
	}
	return out
}

func (n node) text() string {
	n.t.Helper()
	s, ok := n.v.(string)
	if !ok {
		n.t.Fatalf("%v is no text", n.v)
	}
	return s
}

var variable = regexp.MustCompile(`\$\{(\w+)\}`)

// validPipelines checks the Kafka connectors of a pipeline file, and that all its
// variables are given.
func validPipelines(t *testing.T, text string, variables []string) {
	t.Helper()
	is := is.New(t)
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		expect.Text(t, " "+strings.Join(variables, " ")+" ", " "+m[1]+" ") // the variable is set
	}
	text = strings.ReplaceAll(text, "${KAFKA_SERVERS}", "kafka:9092")
	var v any
	is.NoErr(yaml.Unmarshal([]byte(variable.ReplaceAllString(text, "conduit-0")), &v))
	found := 0
	for _, p := range (node{t, v}).at("pipelines").list() {
		for _, c := range p.at("connectors").list() {
			if c.at("plugin").text() != "builtin:kafka" {
				continue
			}
			found++
			s := settings{}
			for name, value := range c.at("settings").v.(map[string]any) {
				s[name] = node{t, value}.text()
			}
			var err error
			if c.at("type").text() == "source" {
				_, err = kafka.ParseSource(s)
			} else {
				_, err = kafka.ParseDestination(s)
			}
			is.NoErr(err)
		}
	}
	is.True(found >= 2)
}

// Conduit from 0.20.6 on refuses a pipeline that does not say where bad records go.
func TestEachPipelineOfTheExamplesSaysWhereBadRecordsGo(t *testing.T) {
	is := is.New(t)
	files, err := filepath.Glob("../../examples/*.yaml")
	is.NoErr(err)
	files = append(files, "../../examples/compose/pipelines.yaml")
	var found []node
	for _, file := range files {
		for _, d := range documents(t, file) {
			found = append(found, d.at("pipelines").list()...)
		}
	}
	for _, d := range documents(t, "../../examples/kubernetes/conduit.yaml") {
		if d.at("kind").text() == "ConfigMap" {
			var v any
			is.NoErr(yaml.Unmarshal([]byte(d.at("data", "pipelines.yaml").text()), &v))
			found = append(found, node{t, v}.at("pipelines").list()...)
		}
	}
	is.True(len(found) > 10)
	for _, p := range found {
		queue := p.at("dead-letter-queue")
		for _, field := range []string{"plugin", "window-size", "window-nack-threshold"} {
			queue.at(field) // fails the test if it is missing
		}
	}
}

func TestTheManifestForComposeFitsTogether(t *testing.T) {
	is := is.New(t)
	const dir = "../../examples/compose"
	docs := documents(t, filepath.Join(dir, "compose.yaml"))
	is.Equal(len(docs), 1)
	services := docs[0].at("services")
	conduit := services.at("conduit")
	context := filepath.Join(dir, conduit.at("build", "context").text())
	for _, name := range []string{
		filepath.Join(context, "go.mod"),
		filepath.Join(context, conduit.at("build", "dockerfile").text()),
	} {
		_, err := os.Stat(name)
		is.NoErr(err)
	}
	services.at("kafka", "healthcheck", "test") // that conduit waits for
	for name, service := range services.v.(map[string]any) {
		mounts, ok := service.(map[string]any)["volumes"]
		if !ok {
			continue
		}
		for _, mount := range (node{t, mounts}).list() {
			file, _, _ := strings.Cut(mount.text(), ":")
			if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
				t.Errorf("%s mounts what is not there: %v", name, err)
			}
		}
	}
	for name := range conduit.at("depends_on").v.(map[string]any) {
		services.at(name)
	}
	host, inside, _ := strings.Cut(conduit.at("volumes").list()[0].text(), ":")
	is.Equal(conduit.at("command").list()[0].text(), "--pipelines.path="+strings.TrimSuffix(inside, ":ro"))
	var variables []string
	for name := range conduit.at("environment").v.(map[string]any) {
		variables = append(variables, name)
	}
	text, err := os.ReadFile(filepath.Join(dir, host))
	is.NoErr(err)
	validPipelines(t, string(text), variables)
}

func TestTheManifestForKubernetesFitsTogether(t *testing.T) {
	is := is.New(t)
	byKind := map[string]node{}
	for _, d := range documents(t, "../../examples/kubernetes/conduit.yaml") {
		d.at("apiVersion")
		d.at("metadata", "name")
		byKind[d.at("kind").text()] = d
	}
	set := byKind["StatefulSet"].at("spec")
	labels := set.at("template", "metadata", "labels").v
	is.Equal(set.at("selector", "matchLabels").v, labels)
	is.Equal(byKind["Service"].at("spec", "selector").v, labels)
	is.Equal(byKind["PodDisruptionBudget"].at("spec", "selector", "matchLabels").v, labels)
	is.Equal(set.at("serviceName").v, byKind["Service"].at("metadata", "name").v)

	pod := set.at("template", "spec")
	container := pod.at("containers").list()[0]
	volumes := append(pod.at("volumes").texts("name"), set.at("volumeClaimTemplates").texts("metadata", "name")...)
	is.Equal(container.at("volumeMounts").texts("name"), volumes)
	config := byKind["ConfigMap"]
	is.Equal(pod.at("volumes").list()[0].at("configMap", "name").v, config.at("metadata", "name").v)
	ports := container.at("ports").texts("name")
	is.Equal(container.at("readinessProbe", "httpGet", "port").text(), ports[0])
	is.Equal(container.at("startupProbe", "httpGet", "port").text(), ports[0])
	for file := range config.at("data").v.(map[string]any) {
		is.Equal(container.at("args").list()[0].text(), "--pipelines.path="+container.at("volumeMounts").list()[0].at("mountPath").text()+"/"+file)
		validPipelines(t, config.at("data", file).text(), container.at("env").texts("name"))
	}
}
