package progress

import "slices"

// Spot is where a record lies: an offset, and which of the records at that offset it is,
// from 1 on.
type Spot struct {
	Offset int64 `json:"offset"`
	Count  int   `json:"count"`
}

func (s Spot) before(later Spot) bool {
	return s.Offset < later.Offset || s.Offset == later.Offset && s.Count < later.Count
}

// Hole is a row of records that were not written, though later ones are. Nothing that was
// read between its ends was written.
type Hole struct {
	First Spot `json:"first"`
	Last  Spot `json:"last"`
}

func (h Hole) has(s Spot) bool { return !s.before(h.First) && !h.Last.before(s) }

// holes don't change: what changes them returns others.
type holes []Hole

func (h holes) has(s Spot) bool {
	for i := range h {
		if h[i].has(s) {
			return true
		}
	}
	return false
}

// in reports whether others have all of h.
func (h holes) in(others holes) bool {
	for _, hole := range h {
		if !slices.ContainsFunc(others, func(o Hole) bool { return o.has(hole.First) && o.has(hole.Last) }) {
			return false
		}
	}
	return true
}

// with adds a record that was read directly after prev.
func (h holes) with(s, prev Spot) holes {
	if h.has(s) {
		return h
	}
	out := append(holes(nil), h...)
	for i := range out {
		if prev != (Spot{}) && out[i].Last == prev {
			out[i].Last = s
			return out
		}
	}
	return append(out, Hole{s, s})
}

// without takes out a record that was read directly after prev, if that is known: then there
// is nothing between them.
func (h holes) without(s, prev Spot) holes {
	if !h.has(s) {
		return h
	}
	if prev == (Spot{}) || !prev.before(s) {
		prev = Spot{s.Offset, s.Count - 1}
	}
	out := make(holes, 0, len(h)+1)
	for _, hole := range h {
		if !hole.has(s) {
			out = append(out, hole)
			continue
		}
		out = out.keep(Hole{hole.First, prev})
		out = out.keep(Hole{Spot{s.Offset, s.Count + 1}, hole.Last})
	}
	return out
}

// keep appends a hole unless it is empty.
func (h holes) keep(hole Hole) holes {
	if hole.Last.before(hole.First) {
		return h
	}
	return append(h, hole)
}

// between returns what lies from one spot up to another.
func (h holes) between(first, last Spot) (out holes) {
	for _, hole := range h {
		if hole.First.before(first) {
			hole.First = first
		}
		if last.before(hole.Last) {
			hole.Last = last
		}
		out = out.keep(hole)
	}
	return out
}
