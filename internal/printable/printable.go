// Package printable makes what brokers, token endpoints and records say fit for logs,
// errors, metrics and terminals.
package printable

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLength bounds a text in bytes. What brokers say to explain an error is far shorter.
const maxLength = 500

// Text returns a text in valid UTF-8, of at most about 500 bytes, with a space in place
// of each character that is not printable, such as those which terminals obey.
func Text(text string) string {
	cut := len(text) > maxLength
	if cut {
		text = text[:maxLength]
		for range utf8.UTFMax { // not in the middle of a character
			if r, size := utf8.DecodeLastRuneInString(text); r != utf8.RuneError || size > 1 {
				break
			}
			text = text[:len(text)-1]
		}
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			return r
		}
		return ' '
	}, text)
	if cut {
		text += "…"
	}
	return text
}

// Is reports whether Text would change nothing.
func Is(text string) bool { return Text(text) == text }

// Error returns an error whose text is as Text makes it, and which still is and wraps
// what err does; nil for nil.
func Error(err error) error {
	if err == nil {
		return nil
	}
	return cleaned{err}
}

type cleaned struct{ error }

func (c cleaned) Error() string { return Text(c.error.Error()) }
func (c cleaned) Unwrap() error { return c.error }
