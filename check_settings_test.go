package kafka

import (
	"context"
	"slices"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/check"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestCheckNamesEachWrongSetting(t *testing.T) {
	for name, c := range map[string]struct {
		check    func(context.Context, map[string]string) []CheckResult
		settings map[string]string
		want     []string // subject: reason
	}{
		"source": {
			CheckSource, map[string]string{"servers": "a", "topicsRegex": "(", "saslPassword": "p"},
			[]string{
				`servers: "a" is not host:port with a port of 1 to 65535, for example "localhost:9092"`,
				"saslUsername: it is required for authentication with PLAIN (in a pipeline file, a variable that is not set leaves it empty)",
				"topicsRegex: it is not a Go regular expression: error parsing regexp: missing closing ): `(`, for example \"orders\\\\..*\"",
			},
		},
		"destination": {CheckDestination, map[string]string{"servers": "a:1", "topic": "a b", "acks": "two"}, []string{
			`topic: "a b" has characters that are not allowed: letters, digits, '.', '_' and '-' are; give a topic's name or a Go template, for example "{{ index .Metadata \"opencdc.collection\" }}"`,
			`acks: "two" is not allowed: all (or -1), one (or 1), none (or 0)`,
		}},
		"unknown": {CheckDestination, map[string]string{"servers": "a:1", "topc": "t", "zzzzzzzzzzzz": "1"}, []string{
			"topc: there is no such setting; did you mean topic?",
			"zzzzzzzzzzzz: there is no such setting",
		}},
		"one, and unknown": {CheckSource, map[string]string{"servers": "a:1", "topics": "t", "topc": "t"}, []string{"topc: there is no such setting; did you mean topic?"}},
		"of a wrong type":  {CheckSource, map[string]string{"servers": "a:1", "topics": "t", "metrics": "maybe"}, []string{`metrics: "maybe" value is not a boolean: invalid parameter type`}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			var got []string
			for _, r := range c.check(context.Background(), c.settings) {
				is.Equal(r.Step, "settings")
				is.Equal(r.Outcome, check.Failed)
				expect.Text(t, r.Remedy, "docs/configuration.md")
				got = append(got, r.Subject+": "+r.Reason)
			}
			slices.Sort(got)
			slices.Sort(c.want)
			is.Equal(got, c.want)
		})
	}
}
