package protodata

import "strings"

// path is where a value stands, for errors.
type path struct {
	within *path // nil for the data itself
	name   string
	depth  int
}

func (p path) String() string {
	if p.within == nil {
		return "the data"
	}
	names := make([]string, p.depth)
	for at := &p; at.within != nil; at = at.within {
		names[at.depth-1] = at.name
	}
	return "field " + strings.Join(names, ".")
}

func (p path) in(name string) path { return path{&p, name, p.depth + 1} }
