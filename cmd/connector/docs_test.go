package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"testing"

	"github.com/matryer/is"
)

var (
	connectorCommand = regexp.MustCompile(`connector (check|offsets show|offsets reset) ([^\n\x60]*)`)
	flagInDocument   = regexp.MustCompile(`(?:^| )-([a-z][a-z-]*)`)
	flagRow          = regexp.MustCompile("(?m)^\\| `-.*$")
	flagInBackticks  = regexp.MustCompile("`-([a-z][a-z-]*)")
)

// The flags in commands that documents show, and in the table of places to reset to, are
// those of the command.
func TestFlagsThatDocumentsNameAreThere(t *testing.T) {
	known := make(map[string]string) // the help of each command
	for command, run := range map[string]func(context.Context, []string, *bytes.Buffer) int{
		"check": func(ctx context.Context, args []string, to *bytes.Buffer) int { return runCheck(ctx, args, to, to) },
		"offsets show": func(ctx context.Context, args []string, to *bytes.Buffer) int {
			return runOffsets(ctx, append([]string{"show"}, args...), to, to)
		},
		"offsets reset": func(ctx context.Context, args []string, to *bytes.Buffer) int {
			return runOffsets(ctx, append([]string{"reset"}, args...), to, to)
		},
	} {
		var help bytes.Buffer
		is.New(t).Equal(run(t.Context(), []string{"-help"}, &help), statusOK)
		known[command] = help.String()
	}
	named := 0
	expect := func(file, command, flag string) {
		t.Helper()
		if named++; !regexp.MustCompile(`(?m)^  -` + flag + `\b`).MatchString(known[command]) {
			t.Errorf("%s: connector %s has no flag -%s", file, command, flag)
		}
	}
	for _, file := range []string{"../../README.md", "../../docs/operations.md", "../../docs/configuration.md", "../../docs/migration.md", "../../Dockerfile"} {
		text, err := os.ReadFile(file)
		is.New(t).NoErr(err)
		for _, m := range connectorCommand.FindAllStringSubmatch(string(text), -1) {
			for _, f := range flagInDocument.FindAllStringSubmatch(m[2], -1) {
				expect(file, m[1], f[1])
			}
		}
		for _, row := range flagRow.FindAllString(string(text), -1) {
			for _, f := range flagInBackticks.FindAllStringSubmatch(row, -1) {
				expect(file, "offsets reset", f[1])
			}
		}
	}
	is.New(t).True(named > 15)
}
