// Package stats has what the benchmark needs of statistics.
package stats

import (
	"math"
	"slices"
)

// Spread describes values by their middle and their ends.
type Spread struct {
	Min, Median, Max float64
	N                int
}

// Of returns the spread of values, the zero Spread if there are none. The median
// of an even number of values is the mean of the two in the middle.
func Of(values []float64) Spread {
	n := len(values)
	if n == 0 {
		return Spread{}
	}
	s := slices.Sorted(slices.Values(values))
	return Spread{Min: s[0], Median: (s[(n-1)/2] + s[n/2]) / 2, Max: s[n-1], N: n}
}

// Percentile returns the smallest value that is not below q (0 to 1) of all
// values: the nearest rank. It is 0 if there are none; sorted must be sorted.
func Percentile(sorted []float64, q float64) float64 {
	n := len(sorted)
	if n == 0 {
		return 0
	}
	rank := int(math.Ceil(q * float64(n)))
	return sorted[min(max(rank, 1), n)-1]
}
