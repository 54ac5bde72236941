package kafka

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/config"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

var inBackticks = regexp.MustCompile("`([^`]+)`")

// Each setting has a row of a table, with its default.
func TestTheSettingsAreDescribed(t *testing.T) {
	is := is.New(t)
	text, err := os.ReadFile("docs/configuration.md")
	is.NoErr(err)
	both, sides, ok := strings.Cut(string(text), "\n## Source\n")
	is.True(ok)
	source, destination, ok := strings.Cut(sides, "\n## Destination\n")
	is.True(ok)
	spec := Connector.NewSpecification()
	for side, s := range map[string]struct {
		sections string
		params   config.Parameters
	}{
		"source":      {both + source, spec.SourceParams},
		"destination": {both + destination, spec.DestinationParams},
	} {
		rows := rowsBySetting(s.sections)
		for name, p := range s.params {
			if strings.HasPrefix(name, "sdk.") {
				continue
			}
			t.Run(side+": "+name, func(t *testing.T) {
				is := is.New(t)
				row, ok := rows[name]
				is.True(ok)                    // it has a row with type, default, meaning and example
				expect.Text(t, row, p.Default) // the default is there
			})
		}
	}
}

// rowsBySetting finds the rows of five cells, or more where one has a bar in it,
// by the settings in their first.
func rowsBySetting(section string) map[string]string {
	rows := make(map[string]string)
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| `") || strings.Count(line, "|") < 6 {
			continue
		}
		first, _, _ := strings.Cut(line, " | ")
		for _, m := range inBackticks.FindAllStringSubmatch(first, -1) {
			rows[m[1]] = line
		}
	}
	return rows
}
