package kafka

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/matryer/is"
)

var (
	namedTest = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)`")
	testFunc  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9]*)\(`)
)

// A protection without the test that shows it is a promise.
func TestSecurityNamesTestsThatExist(t *testing.T) {
	is := is.New(t)
	tests := make(map[string]bool)
	for _, f := range files(t, "*_test.go") {
		for _, m := range testFunc.FindAllStringSubmatch(f.text, -1) {
			tests[m[1]] = true
		}
	}
	text, err := os.ReadFile("docs/security.md")
	is.NoErr(err)
	_, threats, ok := strings.Cut(string(text), "\n## Threats\n")
	is.True(ok)
	rows := 0
	for line := range strings.Lines(threats) {
		named := namedTest.FindAllStringSubmatch(line, -1)
		for _, m := range named {
			if !tests[m[1]] {
				t.Errorf("there is no %s", m[1])
			}
		}
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| threat |") || strings.HasPrefix(line, "| ---") {
			continue
		}
		if rows++; len(named) == 0 {
			t.Errorf("nothing shows: %s", line)
		}
	}
	is.True(rows > 20)
}
