// Package stats has what the commands that measure say of many values.
package stats

import (
	"cmp"
	"slices"
)

// Median is the value in the middle, the higher one of two, and 0 if there are none.
func Median[T cmp.Ordered](all []T) T { return Quantile(slices.Sorted(slices.Values(all)), 0.5) }

// Quantile is the value that a share q (0 to 1) of what is sorted lies below, the highest one
// for 1, and 0 if there are none.
func Quantile[T cmp.Ordered](sorted []T, q float64) T {
	if len(sorted) == 0 {
		var none T
		return none
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
