package report

import (
	"fmt"
	"math"
	"strconv"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/stats"
)

const none = "–"

// spread writes a median and then the ends, unless there is but one value.
func spread(s stats.Spread, format func(float64) string) string {
	switch s.N {
	case 0:
		return none
	case 1:
		return format(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", format(s.Median), format(s.Min), format(s.Max))
}

func median(s stats.Spread, format func(float64) string) string {
	if s.N == 0 {
		return none
	}
	return format(s.Median)
}

// whole rounds to four digits or to a whole number.
func whole(x float64) string {
	n := math.Round(x)
	for unit := 10.0; n >= unit*1000; unit *= 10 {
		n = math.Round(x/unit) * unit
	}
	return result.Thousands(int64(n))
}

// fine has about three digits.
func fine(x float64) string {
	switch {
	case x >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case x >= 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 2, 64)
}

func times(x float64) string { return fine(x) + "×" }

func megabytes(bytes int64) string {
	if bytes == 0 {
		return none
	}
	return strconv.FormatInt((bytes+1<<19)>>20, 10)
}
