package kafka

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// document is a file of the repository, by its path from the root.
type document struct{ path, text string }

// files are those of the repository whose names match a pattern, but for data of tests.
func files(t *testing.T, pattern string) []document {
	t.Helper()
	var found []document
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "bin" || d.Name() == "out" || d.Name() == "testdata"):
			return filepath.SkipDir
		}
		if match, err := filepath.Match(pattern, d.Name()); !match || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		found = append(found, document{filepath.ToSlash(path), string(text)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// namedFile is one that is named by its last part, or by the end of its path. Endings alone, and
// the guide's x_test.go, are no names of files.
var namedFile = regexp.MustCompile(`(?:^|[^a-zA-Z0-9_*])([a-zA-Z0-9][a-zA-Z0-9_/]*\.go)\b`)

// What the guides and the packages' documentation name is there: whoever moves a file
// finds who refers to it.
func TestFilesThatDocumentsNameAreThere(t *testing.T) {
	var there strings.Builder
	for _, f := range files(t, "*.go") {
		there.WriteString("/" + f.path + "\n")
	}
	named := 0
	for _, doc := range append(documents(t), files(t, "doc.go")...) {
		for _, match := range namedFile.FindAllStringSubmatch(doc.text, -1) {
			name := match[1]
			if strings.HasPrefix(name, "x_") || name == "pkg.go" { // of pkg.go.dev
				continue
			}
			named++
			if !strings.Contains(there.String(), "/"+name+"\n") {
				t.Errorf("%s names %s, which is not there", doc.path, name)
			}
		}
	}
	if named < 50 {
		t.Errorf("only %d files are named", named)
	}
}
