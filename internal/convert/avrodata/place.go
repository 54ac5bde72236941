package avrodata

import "strings"

// place is where a value stands, for errors.
type place struct {
	within *place // nil for the data itself
	name   string
	depth  int
	length int // of its text
}

func (p place) String() string {
	if p.within == nil {
		return "the data"
	}
	path := make([]string, p.depth)
	for at := &p; at.within != nil; at = at.within {
		path[at.depth-1] = at.name
	}
	return "field " + strings.Join(path, ".")
}

func (p place) in(name string) place {
	return place{&p, name, p.depth + 1, p.length + len(name) + 1}
}
