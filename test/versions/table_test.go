package versions_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/matryer/is"
)

func heading() string {
	names, lines := "| Kafka |", "| --- |"
	for _, s := range scenarios {
		names += " " + s.name + " |"
		lines += " --- |"
	}
	return names + "\n" + lines + "\n"
}

func row(version string, passed []bool) string {
	line := "| " + version + " |"
	for i := range scenarios {
		switch {
		case i >= len(passed):
			line += " not run |"
		case passed[i]:
			line += " passed |"
		default:
			line += " failed |"
		}
	}
	return line + "\n"
}

// The documentation says what make test-versions prints where all passes.
func TestTable_is_that_of_the_documentation(t *testing.T) {
	is := is.New(t)
	makefile, err := os.ReadFile("../../Makefile")
	is.NoErr(err)
	list := regexp.MustCompile(`(?m)^VERSIONS \?= (.*)$`).FindSubmatch(makefile)
	is.True(list != nil)
	want := heading()
	for _, version := range strings.Fields(string(list[1])) {
		passed := make([]bool, len(scenarios))
		for i := range passed {
			passed[i] = true
		}
		want += row(version, passed)
	}
	text, err := os.ReadFile("../../docs/compatibility.md")
	is.NoErr(err)
	is.True(strings.Contains(string(text), want+"\n"))
}
