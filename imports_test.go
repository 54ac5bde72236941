package kafka

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// mayImport says which packages of this module each package under internal may import:
// the map of docs/design.md. Arrows go down only.
var mayImport = map[string][]string{
	"acl":                 nil,
	"check":               {"acl", "cluster", "group", "progress", "security/oauth", "transact", "wire"},
	"cluster":             {"acl", "primitive", "printable", "wire"},
	"consumer":            {"acl", "cluster", "fetch", "group", "message", "offsets"},
	"convert":             {"convert/avrodata", "convert/budget", "convert/connectjson", "convert/jsonschema", "convert/opencdcjson", "convert/plain", "convert/protodata", "convert/rawdata", "message", "printable", "recordbatch", "registry", "setting", "unzeroed"},
	"convert/avrodata":    {"convert/budget", "convert/plain"},
	"convert/budget":      nil,
	"convert/connectjson": {"convert/budget", "convert/plain", "printable"},
	"convert/jsonschema":  {"convert/budget"},
	"convert/opencdcjson": nil,
	"convert/plain":       {"convert/budget", "printable"},
	"convert/protodata":   {"convert/budget", "convert/plain", "printable"},
	"convert/rawdata":     nil,
	"exactlyonce":         {"acl", "cluster", "message", "produce", "progress", "transact", "wire"},
	"fetch":               {"acl", "cluster", "message", "primitive", "recordbatch", "wire"},
	"group":               {"acl", "cluster", "message", "primitive", "wire"},
	"groupadmin":          {"acl", "cluster", "group", "message"},
	"message":             {"recordbatch"},
	"metrics":             {"consumer", "fetch", "group", "message", "produce", "transact", "wire"},
	"offsets":             {"message"},
	"position":            {"message", "primitive"},
	"primitive":           nil,
	"printable":           nil,
	"progress":            {"acl", "cluster", "fetch", "message", "recordbatch"},
	"produce":             {"acl", "cluster", "message", "primitive", "printable", "recordbatch", "wire"},
	"recordbatch":         nil,
	"registry":            {"printable"},
	"security":            {"security/bundle", "security/mskiam", "security/oauth", "security/reload", "security/scram", "setting"},
	"security/bundle":     nil,
	"security/mskiam":     nil,
	"security/oauth":      {"printable", "security/reload"},
	"security/reload":     nil,
	"security/scram":      nil,
	"setting":             nil,
	"topicconfig":         {"acl", "cluster", "message", "printable"},
	"transact":            {"acl", "cluster", "message", "wire"},
	"unzeroed":            nil,
	"wire":                {"primitive", "printable", "unzeroed"},
}

// libraries are those that few packages may know, and these packages; "" is the root,
// and test stands for all that is under it. The longest that fits an import counts.
var libraries = map[string][]string{
	"github.com/twmb/franz-go":                     {"test"},                      // another client may judge this one, not help it
	"github.com/twmb/franz-go/pkg/sr":              {"internal/registry", "test"}, // a module of its own, without that client
	"github.com/twmb/avro":                         {"internal/convert/avrodata"},
	"github.com/bufbuild/protocompile":             {"internal/convert/protodata"},
	"github.com/santhosh-tekuri/jsonschema":        {"internal/convert/jsonschema"},
	"github.com/prometheus/client_golang":          {"internal/metrics"},
	"github.com/aws":                               {"internal/security/mskiam"},
	"golang.org/x/oauth2":                          {"internal/security/oauth"},
	"github.com/xdg-go":                            {"internal/security/scram"},
	"github.com/klauspost/compress":                {"internal/recordbatch"},
	"github.com/pierrec/lz4":                       {"internal/recordbatch"},
	"github.com/Masterminds/sprig":                 {"internal/convert"},
	"github.com/conduitio/conduit-connector-sdk":   {"", "cmd/connector", "internal/convert", "internal/metrics", "test"},
	"github.com/conduitio/conduit-commons/opencdc": {"", "internal/convert", "internal/convert/opencdcjson", "internal/convert/plain", "internal/convert/rawdata", "test"},
}

const module = "github.com/conduitio/conduit-connector-kafka"

// goFile is the imports of a file.
type goFile struct {
	dir     string // "" is the root
	name    string
	imports []string
}

func (f goFile) isTest() bool { return strings.HasSuffix(f.name, "_test.go") }

// goFiles are those of this module.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (p == "bench" || p == "cmd/conduit" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && p != "."):
			return fs.SkipDir // other modules, and what is not Go's
		case d.IsDir() || path.Ext(p) != ".go":
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		f := goFile{dir: strings.TrimPrefix(path.Dir(filepath.ToSlash(p)), "."), name: path.Base(p)}
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, name)
		}
		files = append(files, f)
		return nil
	})
	is.New(t).NoErr(err)
	is.New(t).True(len(files) > 100)
	return files
}

func TestImportsGoDown(t *testing.T) {
	rows := make(map[string]bool)
	for _, f := range goFiles(t) {
		below, internal := strings.CutPrefix(f.dir, "internal/")
		if internal && !f.isTest() {
			rows[below] = true
		}
		for _, name := range f.imports {
			own, ok := strings.CutPrefix(name, module+"/")
			target, isInternal := strings.CutPrefix(own, "internal/")
			switch {
			case internal && name == module:
				t.Errorf("%s/%s imports the root", f.dir, f.name)
			case !ok || f.isTest() || strings.HasPrefix(f.dir, "test/") || f.dir == "mock":
			case strings.HasPrefix(own, "test/") || strings.HasPrefix(own, "mock"):
				t.Errorf("%s/%s imports %s, which is for tests", f.dir, f.name, own)
			case internal && isInternal && !slices.Contains(mayImport[below], target):
				t.Errorf("%s/%s imports internal/%s: draw another line, or a new arrow in mayImport and in docs/design.md", f.dir, f.name, target)
			}
		}
	}
	is.New(t).Equal(slices.Sorted(maps.Keys(mayImport)), slices.Sorted(maps.Keys(rows))) // each package has a row
}

func TestLibrariesAreKnownToFew(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.isTest() {
			continue
		}
		top, _, _ := strings.Cut(f.dir, "/")
		for _, name := range f.imports {
			library := libraryOf(name)
			users := libraries[library]
			if library != "" && !slices.Contains(users, f.dir) && !(top == "test" && slices.Contains(users, "test")) {
				t.Errorf("%s/%s imports %s", f.dir, f.name, name)
			}
		}
	}
}

// libraryOf returns the longest of libraries that an import is of, "" if it is of none.
func libraryOf(name string) string {
	longest := ""
	for library := range libraries {
		if (name == library || strings.HasPrefix(name, library+"/")) && len(library) > len(longest) {
			longest = library
		}
	}
	return longest
}

func TestDesignMapsEachFileAndPackage(t *testing.T) {
	text, err := os.ReadFile("docs/design.md")
	is.New(t).NoErr(err)
	for _, f := range goFiles(t) {
		if f.dir == "" && !f.isTest() && f.name != "doc.go" && !strings.Contains(string(text), f.name) {
			t.Errorf("docs/design.md does not map %s", f.name)
		}
		if parts := strings.Split(f.dir, "/"); len(parts) > 1 && parts[0] == "test" && !strings.Contains(string(text), "test/"+parts[1]) {
			t.Errorf("docs/design.md does not map test/%s", parts[1])
		}
	}
	_, after, _ := strings.Cut(string(text), "\n## File map\n")
	drawing := fenced.FindString(after)
	for name := range mayImport {
		above, below, nested := strings.Cut(name, "/")
		if !nested && name != "metrics" && !regexp.MustCompile(`\b`+name+`\b`).MatchString(drawing) {
			t.Errorf("the drawing of docs/design.md lacks internal/%s", name)
		}
		row := regexp.MustCompile(`(?m)^\| ` + above + ` \|.*$`).FindString(string(text))
		if row == "" || nested && !strings.Contains(row, below) {
			t.Errorf("docs/design.md has no row of internal/%s, or it does not name %s", above, name)
		}
	}
}

func TestDesignSaysWhyEachLibraryIsThere(t *testing.T) {
	is := is.New(t)
	needed, err := os.ReadFile("go.mod")
	is.NoErr(err)
	text, err := os.ReadFile("docs/design.md")
	is.NoErr(err)
	direct := regexp.MustCompile(`(?m)^\t([^ /]+/\S+) v\S+$`).FindAllSubmatch(needed, -1) // without // indirect
	is.True(len(direct) > 20)
	for _, m := range direct {
		if !regexp.MustCompile(`(?m)^\| .*\b` + regexp.QuoteMeta(string(m[1])) + `[ ,/].* \|$`).Match(text) {
			t.Errorf("docs/design.md has no row that says why %s is there", m[1])
		}
	}
}
