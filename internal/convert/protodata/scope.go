package protodata

import (
	"fmt"
	"strings"
)

// scope is what is around a name.
type scope struct {
	full         int // of the innermost message or package, in bytes
	names, bytes int // of the messages
	outer        int // steps through all files for what is not found in them, in each package
	packages     int
	packageBytes int
}

// within returns the scope of a message.
func (s scope) within(name string) (scope, error) {
	s.full += 1 + len(name)
	if s.full > maxName {
		return s, tooLong(name)
	}
	s.names++
	s.bytes += s.full
	return s, nil
}

// steps are those to find what a name stands for.
func (s scope) steps(name string) int {
	inFiles := func(names, bytes int) int { return s.outer * names * (1 + bytes/names/stepBytes/look) }
	if strings.HasPrefix(name, ".") { // it has all that is around it
		return inFiles(1, len(name))
	}
	return s.names*look + (s.bytes+s.names*len(name))/stepBytes + inFiles(s.packages, s.packageBytes+s.packages*len(name))
}

func tooLong(name string) error {
	return fmt.Errorf("a name in it has more than %d bytes, with those around it: %s…", maxName, strings.ToValidUTF8(name[:min(len(name), 40)], ""))
}
