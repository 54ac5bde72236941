package kafka

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents are the texts for people, all of the repository.
func documents(t *testing.T) []document {
	t.Helper()
	docs := files(t, "*.md")
	if len(docs) < 15 {
		t.Fatalf("only %d documents", len(docs))
	}
	return docs
}

var (
	fenced    = regexp.MustCompile("(?ms)^```.*?^```")
	heading   = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notInSlug = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
	linked    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

// anchors are what links to places in a document name: its headings, as forges write them.
func (d document) anchors() map[string]bool {
	out := make(map[string]bool)
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(d.text, ""), -1) {
		slug := notInSlug.ReplaceAllString(strings.ToLower(m[1]), "")
		out[strings.ReplaceAll(slug, " ", "-")] = true
	}
	return out
}

// Whoever moves a file or renames a heading finds who links to it.
func TestLinksOfDocumentsLeadSomewhere(t *testing.T) {
	docs := documents(t)
	anchors := make(map[string]map[string]bool)
	for _, d := range docs {
		anchors[d.path] = d.anchors()
	}
	links := 0
	for _, d := range docs {
		for _, m := range linked.FindAllStringSubmatch(d.text, -1) {
			link := m[1]
			if strings.Contains(link, "://") {
				continue
			}
			links++
			file, anchor, _ := strings.Cut(link, "#")
			path := d.path
			if file != "" {
				path = filepath.ToSlash(filepath.Join(filepath.Dir(d.path), file))
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s links to %s, which is not there", d.path, link)
			} else if anchor != "" && !anchors[path][anchor] {
				t.Errorf("%s links to %s: there is no such heading", d.path, link)
			}
		}
	}
	if links < 80 {
		t.Errorf("only %d links", links)
	}
}

var (
	makeTarget  = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
	makeCommand = regexp.MustCompile(`(?:^|\x60|&& |[A-Z]=\S+ )make ([a-z][a-z-]*)`)
	makeSetting = regexp.MustCompile(`\b([A-Z][A-Z_]+)=\S+ make\b|\bmake [a-z-]+(?: [A-Z_]+=\S+)* ([A-Z][A-Z_]+)=`)
	inCode      = regexp.MustCompile("`[^`\n]+`")
)

// Targets and settings of make stand in backticks and in blocks of commands.
func TestCommandsThatDocumentsNameAreTargetsOfMake(t *testing.T) {
	text, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := make(map[string]bool)
	for _, m := range makeTarget.FindAllStringSubmatch(string(text), -1) {
		targets[m[1]] = true
	}
	named := 0
	for _, d := range documents(t) {
		commands := strings.Join(inCode.FindAllString(fenced.ReplaceAllString(d.text, ""), -1), "\n")
		for _, block := range fenced.FindAllString(d.text, -1) {
			if strings.HasPrefix(block, "```sh") {
				commands += "\n" + block
			}
		}
		for line := range strings.Lines(commands) {
			for _, m := range makeCommand.FindAllStringSubmatch(line, -1) {
				if named++; !targets[m[1]] {
					t.Errorf("%s names make %s, which is no target", d.path, m[1])
				}
			}
			for _, m := range makeSetting.FindAllStringSubmatch(line, -1) {
				// One of the Makefile's own, or of what it runs: in its help, then.
				if name := m[1] + m[2]; !strings.Contains(string(text), name+" ?=") && !strings.Contains(string(text), name+"=") {
					t.Errorf("%s gives make %s, which it does not know", d.path, name)
				}
			}
		}
	}
	if named < 30 {
		t.Errorf("only %d commands are named", named)
	}
}
