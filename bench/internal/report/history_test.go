package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

func TestHistory_keeps_each_run_once(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	first, second := runOf(100, 100, 100), runOf(90, 90, 100)
	second.Started = first.Started.Add(time.Hour)
	for _, f := range []struct {
		lines int
		whole bool
	}{{4, true}, {4, true}, {7, true}, {7, false}} {
		file := first
		if f.lines > 4 {
			file = second
		}
		if !f.whole { // a run of some cells is no history
			file = runOf(1, 1, 1)
			file.Started = second.Started.Add(time.Hour)
			file.Arguments = []string{"-match=100 B"}
		}
		is.NoErr(Write(dir, file))
		text, err := os.ReadFile(filepath.Join(dir, historyFile))
		is.NoErr(err)
		is.Equal(strings.Count(string(text), "\n"), f.lines)
	}
}
