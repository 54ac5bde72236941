package printable

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/matryer/is"
)

func TestTextKeepsWhatIsPrintableAndNothingElse(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		"The user ümläut is not known": "The user ümläut is not known",
		"a\x1b]0;title\x07\x1b[2Jb":    "a ]0;title  [2Jb",
		"two\r\nlines\tand a tab":      "two  lines and a tab",
		"\xff\xfenot UTF-8\xc3":        "  not UTF-8 ",
		"right\u202eto left\u200b":     "right to left ",
		strings.Repeat("x", 500):       strings.Repeat("x", 500),
		strings.Repeat("x", 501):       strings.Repeat("x", 500) + "…",
		"x" + strings.Repeat("ü", 600): "x" + strings.Repeat("ü", 249) + "…",
	} {
		is := is.New(t)
		is.Equal(Text(text), want)
		is.Equal(Is(text), text == want)
	}
}

func TestErrorIsStillWhatItWas(t *testing.T) {
	is := is.New(t)
	err := Error(fmt.Errorf("read from a\x1b[2Jb: %w", io.EOF))
	is.Equal(err.Error(), "read from a [2Jb: EOF")
	is.True(errors.Is(err, io.EOF))
	is.Equal(Error(nil), nil)
}

func FuzzText(f *testing.F) {
	f.Add("a\x1b[2J\xff")
	f.Add(strings.Repeat("€", 200))
	f.Fuzz(func(t *testing.T, text string) {
		got := Text(text)
		if !utf8.ValidString(got) || len(got) > maxLength+len("…") || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q becomes %q", text, got)
		}
		if Text(got) != got && len(got) <= maxLength {
			t.Errorf("%q becomes %q, and that %q", text, got, Text(got))
		}
	})
}
