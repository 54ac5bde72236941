package check

import "strings"

// Nearest returns the name that was probably meant by one that there is not, empty if
// none is near.
func Nearest(name string, known []string) string {
	best, distance := "", max(2, len(name)/3)+1
	for _, k := range known {
		d := edits(strings.ToLower(name), strings.ToLower(k))
		if d < distance || d == distance && k < best {
			best, distance = k, d
		}
	}
	return best
}

// edits counts the letters to insert, take away, replace or swap with their neighbour
// that make one text of the other (optimal string alignment).
func edits(a, b string) int {
	var before []int // the row of two letters ago
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
