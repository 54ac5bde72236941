package protodata

import (
	"fmt"
	"strings"
)

// maxNesting is how deep messages, and values of options, may be nested in a schema. Each
// has the names of all around it in its own, and the compiler has a call for each.
const maxNesting = 100

// checkNesting refuses a text in the Protobuf language that is nested too deep. It skips
// comments and texts within.
func checkNesting(text string) error {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '{', '[', '(', '<':
			if depth++; depth > maxNesting {
				return fmt.Errorf("it is nested more than %d deep", maxNesting)
			}
		case '}', ']', ')', '>':
			depth--
		case '"', '\'':
			for i++; i < len(text) && text[i] != c && text[i] != '\n'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '/':
			i = skipComment(text, i)
		}
	}
	return nil
}

// skipComment returns the last index of a comment that begins at i, or i.
func skipComment(text string, i int) int {
	rest, ends := text[i:], ""
	switch {
	case strings.HasPrefix(rest, "//"):
		ends = "\n"
	case strings.HasPrefix(rest, "/*"):
		rest, ends, i = rest[2:], "*/", i+2
	default:
		return i
	}
	if n := strings.Index(rest, ends); n >= 0 {
		return i + n + len(ends) - 1
	}
	return len(text)
}
