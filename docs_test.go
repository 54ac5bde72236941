package kafka

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// Each setting has a row of a table with its default. Those of both sides are
// described elsewhere.
func TestTheDestinationsSettingsAreDescribed(t *testing.T) {
	is := is.New(t)
	text, err := os.ReadFile("docs/configuration.md")
	is.NoErr(err)
	_, section, ok := strings.Cut(string(text), "\n## Destination\n")
	is.True(ok)
	rows := map[string]string{}
	for line := range strings.Lines(section) {
		if name, rest, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` | "); ok && strings.HasPrefix(line, "| `") {
			rows[name] = rest
		}
	}
	common := fields(reflect.TypeFor[Config]())
	for name, p := range Connector.NewSpecification().DestinationParams {
		if _, ok := common[name]; ok || strings.HasPrefix(name, "sdk.") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			row, ok := rows[name]
			is.True(ok) // it has a row
			if p.Default != "" {
				is.True(strings.Contains(row, "`"+p.Default+"`")) // with its default
			}
		})
	}
}
