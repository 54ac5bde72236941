package avrodata

import (
	"github.com/twmb/avro"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
)

// weights bound what values of a schema cost in memory. Each item of a list, entry of a map
// and member of a union takes a byte of the data at least (but for the few items of a list
// that the library allows which take none).
type weights struct {
	root int // what a value costs without the values in lists, maps and unions
	each int // the most that one of these costs
}

// atMost is the most that the values of data of a size cost.
func (w weights) atMost(size int) int { return budget.Sum(w.root, budget.Times(size, w.each)) }

// freeItems is how many items without a byte the library allows in a list.
const freeItems = 4096

// weigher walks a schema once.
type weigher struct {
	c     *Codec
	known map[*avro.SchemaNode]int // of records; those that are being weighed have too much
	free  map[*avro.SchemaNode]bool
	each  int
}

func (c *Codec) weigh() weights {
	w := weigher{c, make(map[*avro.SchemaNode]int), make(map[*avro.SchemaNode]bool), budget.Text(0)}
	root := w.node(c.root)
	return weights{root, w.each}
}

func (w *weigher) node(s *avro.SchemaNode) int {
	s = w.c.resolve(s)
	switch s.Type {
	case "record":
		return w.record(s)
	case "array":
		w.part(s.Items)
		if w.mayBeFree(s.Items) {
			return budget.Sum(budget.List(freeItems), budget.Times(freeItems, w.node(s.Items)))
		}
		return budget.List(0)
	case "map":
		w.part(s.Values)
		return budget.Object(1)
	case "union":
		for i := range s.Branches {
			w.part(&s.Branches[i])
		}
		return budget.Scalar
	case "fixed":
		return budget.Sum(budget.Text(s.Scale), budget.Times(s.Size, 4))
	}
	if s.LogicalType == "big-decimal" {
		return 2 * budget.Bytes // its scale is in the data
	}
	return budget.Text(64 + s.Scale)
}

// part weighs what takes bytes of the data for itself. Records that are being weighed
// are weighed already.
func (w *weigher) part(s *avro.SchemaNode) {
	s = w.c.resolve(s)
	if _, ok := w.known[s]; ok && s.Type == "record" {
		w.each = max(w.each, w.known[s])
		return
	}
	// With what an entry of a map takes, whose name is a text.
	w.each = max(w.each, budget.Sum(w.node(s), budget.Object(1)-budget.Object(0)+budget.Text(0)))
}

func (w *weigher) record(s *avro.SchemaNode) int {
	if weight, ok := w.known[s]; ok {
		return weight
	}
	w.known[s] = 0 // reached again through a list, a map or a union: see the end
	weight := budget.Object(len(s.Fields))
	for i := range s.Fields {
		weight = budget.Sum(weight, w.node(&s.Fields[i].Type))
	}
	w.known[s] = weight
	w.each = max(w.each, budget.Sum(weight, budget.Object(1)))
	return weight
}

// mayBeFree reports whether a value may take no byte of the data.
func (w *weigher) mayBeFree(s *avro.SchemaNode) bool {
	s = w.c.resolve(s)
	switch s.Type {
	case "null":
		return true
	case "fixed":
		return s.Size == 0
	case "record":
		free, ok := w.free[s]
		if !ok {
			w.free[s], free = true, true
			for i := range s.Fields {
				free = free && w.mayBeFree(&s.Fields[i].Type)
			}
			w.free[s] = free
		}
		return free
	}
	return false
}
