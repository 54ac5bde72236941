package plain

import "strings"

// Path is where a value stands in a key or a value, for errors.
type Path struct {
	within *Path // nil for the data itself
	name   string
	depth  int
	length int // of its text
}

func (p Path) String() string {
	if p.within == nil {
		return "the data"
	}
	names := make([]string, p.depth)
	for at := &p; at.within != nil; at = at.within {
		names[at.depth-1] = at.name
	}
	return "field " + strings.Join(names, ".")
}

// In returns the path of a field, an item or an entry of what is at the path.
func (p Path) In(name string) Path {
	return Path{&p, name, p.depth + 1, p.length + len(name) + 1}
}

// Depth is how many values it is in.
func (p Path) Depth() int { return p.depth }

// Length is about how long its text is.
func (p Path) Length() int { return p.length }
