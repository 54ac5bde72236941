package kafka

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// The new names in docs/migration.md are those of settings.
func TestTheMigrationTablesNameSettings(t *testing.T) {
	is := is.New(t)
	text, err := os.ReadFile("docs/migration.md")
	is.NoErr(err)
	spec := Connector.NewSpecification()
	names := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) != 3 || strings.HasPrefix(line, "| old") {
			continue
		}
		for _, m := range regexp.MustCompile("`([a-zA-Z][a-zA-Z0-9.]*)(?:`|: )").FindAllStringSubmatch(cells[1], -1) {
			_, source := spec.SourceParams[m[1]]
			_, destination := spec.DestinationParams[m[1]]
			if !source && !destination {
				t.Errorf("%q is no setting: %s", m[1], line)
			}
			names++
		}
	}
	is.True(names > 80)
}
