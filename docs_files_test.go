package kafka

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// namedFile is one that is named by its last part, or by the end of its path. Endings alone, and
// the guide's x_test.go, are no names of files.
var namedFile = regexp.MustCompile(`(?:^|[^a-zA-Z0-9_*])([a-zA-Z0-9][a-zA-Z0-9_/]*\.go)\b`)

// What the guides and the packages' documentation name is there: whoever moves a file
// finds who refers to it.
func TestFilesThatDocumentsNameAreThere(t *testing.T) {
	var docs []string
	var files strings.Builder
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "bin" || d.Name() == "out"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go"):
			files.WriteString("/" + filepath.ToSlash(path) + "\n")
		}
		if strings.HasSuffix(path, ".md") || d.Name() == "doc.go" {
			docs = append(docs, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, doc := range docs {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range namedFile.FindAllStringSubmatch(string(text), -1) {
			name := match[1]
			if strings.HasPrefix(name, "x_") || name == "pkg.go" { // of pkg.go.dev
				continue
			}
			named++
			if !strings.Contains(files.String(), "/"+name+"\n") {
				t.Errorf("%s names %s, which is not there", doc, name)
			}
		}
	}
	if named < 50 {
		t.Errorf("only %d files are named", named)
	}
}
