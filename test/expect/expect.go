// Package expect has assertions that show the text they looked at when they fail.
package expect

import (
	"strings"
	"testing"
)

// Text expects words in a text, each somewhere.
func Text(t testing.TB, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in: %s", w, text)
		}
	}
}

// Error expects an error, and words in its text.
func Error(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, which should say %q", words)
		return
	}
	Text(t, err.Error(), words...)
}
