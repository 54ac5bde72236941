package protodata

// way is what it takes to look into a file and all that it imports publicly. In each file
// the compiler goes through those on the way to it, too.
type way struct {
	steps, depth int
}

// way returns the way into a file. One that imports itself has none that ends: the compiler
// says so, and looks nothing up.
func (l *lookups) way(name string) way {
	w, seen := l.ways[name]
	f := l.files[name]
	if seen || f == nil {
		return way{max(w.steps, look), max(w.depth, 1)}
	}
	l.ways[name] = way{}
	imports := f.proto.GetDependency()
	w = way{look + pass*len(imports), 1}
	for _, i := range f.proto.GetPublicDependency() {
		if int(i) < len(imports) && i >= 0 {
			w = w.then(l.way(imports[i]), len(imports))
		}
	}
	l.ways[name] = w
	return w
}

// then adds the way into one of some imports.
func (w way) then(further way, imports int) way {
	return way{min(w.steps+pass*imports+further.steps, maxSteps), max(w.depth, further.depth+1)}
}
