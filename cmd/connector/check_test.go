package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// run returns the exit status and what was printed.
func run(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out, errOut bytes.Buffer
	status = runCheck(ctx, args, &out, &errOut)
	t.Log(out.String(), errOut.String())
	return status, out.String(), errOut.String()
}

func contains(text, pattern string) bool {
	return regexp.MustCompile("(?m)" + pattern).MatchString(text)
}

func TestChecksSettings(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(2, "orders"))
	servers := "servers=" + c.ListenAddrs()[0]

	status, out, _ := run(t, servers, "topics=orders", "groupID=g")
	is.Equal(status, 0)
	is.True(contains(out, `^source$`))
	is.True(contains(out, `^  ok +topic +orders +2 partitions$`))
	is.True(contains(out, `^nothing failed$`))

	status, out, _ = run(t, servers, "topics=missing")
	is.Equal(status, 1)
	is.True(contains(out, `^  failed +topic +missing +it does not exist$`))
	is.True(contains(out, `^ +→ create it, or correct topics`))
	is.True(contains(out, `^1 of \d+ steps failed$`))

	for _, args := range [][]string{
		{servers, "topic=orders"}, {"-type", "destination", servers, "topic=orders"}, {servers, "-type", "destination", "topic=orders"}, {servers, "topic=orders", "-type=destination"},
	} {
		status, out, _ = run(t, args...)
		is.Equal(status, 0)
		is.True(contains(out, `^destination$`))
		is.True(contains(out, `^  ok +write +orders +allowed$`))
	}
	for _, args := range [][]string{{servers, "topic=orders", "groupID=g"}, {servers, "topic=orders", "-type", "source"}} {
		status, out, _ = run(t, args...)
		is.Equal(status, 0)
		is.True(contains(out, `^source$`))
	}

	status, out, _ = run(t, servers, "topic=new", "topicAutoCreate=false")
	is.Equal(status, 1)
	is.True(contains(out, `: kafka-topics.sh --bootstrap-server `+c.ListenAddrs()[0]+` --create --topic new$`))
}

func TestChecksThePipelinesOfAFile(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"))
	t.Setenv("TEST_SERVERS", c.ListenAddrs()[0])
	file := filepath.Join(t.TempDir(), "pipelines.yaml")
	is.NoErr(os.WriteFile(file, []byte(`version: "2.2"
pipelines:
  - id: copy
    connectors:
      - id: from
        type: source
        plugin: builtin:kafka
        settings:
          servers: ${TEST_SERVERS}
          topics: orders
          readFromBeginning: true
      - id: to
        type: destination
        plugin: kafka@v1
        settings:
          servers: ${TEST_SERVERS}
          topic: not a topic
      - id: other
        type: destination
        plugin: builtin:file
    dead-letter-queue:
      plugin: standalone:kafka
      settings:
        servers: ${TEST_SERVERS}
        topic: orders
`), 0o600))

	status, out, _ := run(t, "-config", file)
	is.Equal(status, 1)
	is.Equal(regexp.MustCompile(`(?m)^\w.*$`).FindAllString(out, -1), []string{
		"source copy:from", "nothing failed",
		"destination copy:to", "1 of 1 steps failed",
		"dead-letter queue of copy", "nothing failed",
	})
	is.True(contains(out, `^  failed +settings +topic +"not a topic" has characters`))

	status, out, _ = run(t, "-config", file, "-connector", "from")
	is.Equal(status, 0)
	is.True(!strings.Contains(out, "copy:to"))
}

func TestSaysWhyThereIsNothingToCheck(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		is.New(t).NoErr(os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"nothing given":                    {nil, "give -config FILE or settings"},
		"both given":                       {[]string{"-config", "x", "servers=x"}, "not both"},
		"an unknown flag":                  {[]string{"-nonsense"}, "not defined"},
		"no value":                         {[]string{"servers"}, "servers has no value: give it as servers=VALUE"},
		"no setting":                       {[]string{"servers=x", "topics=y", "z"}, "setting 3 is not SETTING=VALUE"},
		"an unknown setting":               {[]string{"topcis=big"}, `there is no setting "topcis": did you mean topics?`},
		"a setting as a flag":              {[]string{"-topics=y"}, "settings have no - before them: topics=VALUE"},
		"either side":                      {[]string{"servers=x", "clientID=y"}, "say which it is with -type"},
		"another side":                     {[]string{"-type", "both", "servers=x"}, "either source or destination"},
		"another side, after the settings": {[]string{"servers=x", "-type", "both"}, "either source or destination"},
		"no such file":                     {[]string{"-config", filepath.Join(dir, "nowhere")}, "no such file"},
		"no YAML":                          {[]string{"-config", write("no.yaml", "{")}, "read pipelines in"},
		"a file of version 1":              {[]string{"-config", write("v1.yaml", "version: 1.0\npipelines:\n  copy:\n    connectors: {}\n")}, "version 1"},
		"no Kafka connector":               {[]string{"-config", write("none.yaml", "version: 2.2\npipelines: []\n")}, "has no Kafka connector"},
		"another ID":                       {[]string{"-config", write("none.yaml", "version: 2.2\npipelines: []\n"), "-connector", "x"}, `with the ID "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			status, _, stderr := run(t, c.args...)
			is.Equal(status, 2)
			expect.Text(t, stderr, c.want)
		})
	}
	status, _, stderr := run(t, "-h")
	is.New(t).Equal(status, 0)
	is.New(t).True(strings.Contains(stderr, "connector check -config FILE"))
}

func TestTheExamplesCanBeChecked(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "orders", "payments"))
	t.Setenv("KAFKA_SERVERS", c.ListenAddrs()[0])
	t.Setenv("SCHEMA_REGISTRY_URL", "http://127.0.0.1:1")
	files, err := filepath.Glob("../../examples/*.yaml")
	is.NoErr(err)
	is.True(len(files) > 0)
	for _, file := range files {
		status, out, _ := run(t, "-config", file)
		is.True(status != 2)
		is.True(!contains(out, `failed +settings`))
	}
}
