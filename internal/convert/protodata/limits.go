package protodata

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// maxNesting is how deep messages, and values of options, may be nested in a schema. Each
// has the names of all around it in its own, and the compiler has a call for each.
const maxNesting = 100

// The compiler looks for some parts of a schema, such as members of a oneof, among all
// others. So there are no more than maxParts of them (messages, fields, values of enums,
// options, ranges and imports), with those of the schemas that it refers to. In a text each
// has some other tokens as well.
const (
	maxParts  = 10_000
	part      = 10
	maxTokens = part * maxParts
	// maxDots bounds the dots in names and numbers of a text. Each part of a name takes
	// the parser two microseconds.
	maxDots = 250_000
)

func (s *sources) take(tokens int) error {
	if s.tokens -= tokens; s.tokens < 0 {
		return fmt.Errorf("it has more than %d messages, fields and other parts", maxParts)
	}
	return nil
}

// check refuses a text in the Protobuf language that is nested too deep or has too many
// parts. It skips comments and texts within.
func (s *sources) check(text string) error {
	var around [maxNesting]byte
	depth, tokens := 0, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '{', '[', '(', '<':
			if c == '{' {
				tokens += part
			}
			if depth++; depth > maxNesting {
				return fmt.Errorf("it is nested more than %d deep", maxNesting)
			}
			around[depth-1] = c
		case '}', ']', ')', '>':
			depth = max(depth-1, 0)
		case ';':
			tokens += part
		case ',':
			if tokens++; depth > 0 && around[depth-1] == '{' { // between ranges and names that are reserved
				tokens += part - 1
			}
		case ':':
			tokens++
		case '"', '\'':
			tokens++
			for i++; i < len(text) && text[i] != c && text[i] != '\n'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '/':
			i = skipComment(text, i)
		default:
			n := nameLength(text[i:])
			if s.dots -= strings.Count(text[i:i+n], "."); s.dots < 0 {
				return fmt.Errorf("it has more than %d dots in its names", maxDots)
			}
			if n > maxName {
				return tooLong(text[i:])
			}
			i += max(n, 1) - 1
		}
	}
	return s.take(tokens)
}

// nameLength is the length of the name, or the number, at the beginning of a text.
func nameLength(text string) int {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '.':
		default:
			return i
		}
	}
	return len(text)
}

// parts counts the messages that a compiled file is made of.
func parts(m protoreflect.Message) int {
	n := 1
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsList() && f.Message() != nil:
			for i := range v.List().Len() {
				n += parts(v.List().Get(i).Message())
			}
		case f.IsList():
			n += v.List().Len()
		case f.Message() != nil && !f.IsMap():
			n += parts(v.Message())
		}
		return true
	})
	return n
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
