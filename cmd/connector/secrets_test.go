package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func TestValuesAreNotRepeated(t *testing.T) {
	for _, args := range [][]string{
		{"-config", "p.yaml", "saslPassword=opensesame"},
		{"servers=localhost:1", "topics=t", "saslUsername=u", "saslPassword=my", "opensesame"},
		{"servers=localhost:1", "topics=t", "--saslPassword=opensesame"},
		{"servers=localhost:1", "topics=t", "--saslPasswort=opensesame"},
		{"-type", "source", "-saslPassword", "opensesame"},
		{"-type", "opensesame", "topics=t"},
		{"--=opensesame"},
		{"---opensesame"},
		{"saslPasswort=opensesame"},
		{"servers=localhost:1", "topics=t", "saslPassword=my", "opensesame=="},
		{"servers=localhost:1", "topics=t", "-type", "source", "saslPassword=my", "opensesame=="},
		{"servers=localhost:1", "dialTimeout=1s", "topics=t", "saslMechanism=opensesame"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			is := is.New(t)
			status, out, stderr := run(t, args...)
			is.True(status != 0)
			is.True(!strings.Contains(out+stderr, "opensesame"))
		})
	}
}

func TestVariablesThatAreNotSetAreNamed(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"), kfake.EnableSASL(), kfake.Superuser("PLAIN", "u", "p"))
	t.Setenv("TEST_SERVERS", c.ListenAddrs()[0])
	t.Setenv("TEST_EMPTY", "")
	file := filepath.Join(t.TempDir(), "pipelines.yaml")
	is.NoErr(os.WriteFile(file, []byte(`version: "2.2"
pipelines:
  - id: first
    connectors:
      - {id: other, type: source, plugin: builtin:file, settings: {path: $TEST_OTHER}}
      - id: from
        type: source
        plugin: builtin:kafka
        settings:
          servers: ${TEST_SERVERS}
          topics: orders
          clientID: me$TEST_EMPTY
          saslUsername: $ConnectionString
          saslPassword: open$esame
---
version: "2.2"
pipelines:
  - id: second
    connectors:
      - {id: to, type: destination, plugin: "builtin:kafka", settings: {servers: "${TEST_SERVERS}", topic: orders, saslUsername: u, saslPassword: p}}
    dead-letter-queue:
      plugin: builtin:kafka
      settings: {servers: "${TEST_NOWHERE}${TEST_NOWHERE}", topic: dlq, topicAutocreate: true}
`), 0o600))
	status, out, _ := run(t, "-config", file)
	is.Equal(status, 1)
	is.True(contains(out, `^  failed +settings +saslUsername +it is empty: \$ConnectionString is not set, and Conduit puts nothing in its place$`))
	is.True(contains(out, `^  failed +settings +saslPassword +a part of it is missing: \$esame is not set`))
	is.True(contains(out, `^  failed +settings +servers +it is empty: \$TEST_NOWHERE is not set`))
	is.True(contains(out, `^  failed +settings +topicAutocreate +there is no such setting; did you mean topicAutoCreate\?$`))
	is.True(!contains(out, `TEST_OTHER|TEST_EMPTY|TEST_SERVERS`))
	is.True(contains(out, `^destination second:to$`))
	is.True(contains(out, `^nothing failed$`)) // there
}

func TestABrokersTextDoesNotReachTheTerminalAsItIs(t *testing.T) {
	is := is.New(t)
	is.Equal(oneLine("x\x1b]0;pwned\x07\x1b[2J\r\n ok  everything\u0085é"), "x ]0;pwned [2J ok everything é")
}
