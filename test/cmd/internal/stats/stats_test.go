package stats

import (
	"testing"
	"time"

	"github.com/matryer/is"
)

func TestMedianIsTheValueInTheMiddle(t *testing.T) {
	is := is.New(t)
	is.Equal(Median([]int(nil)), 0)
	is.Equal(Median([]time.Duration{7}), time.Duration(7))
	is.Equal(Median([]float64{9, 1}), 9.0)
	all := []int{30, 10, 20}
	is.Equal(Median(all), 20)
	is.Equal(all, []int{30, 10, 20}) // they stay as they are
}

func TestQuantileIsTheValueThatAShareLiesBelow(t *testing.T) {
	is := is.New(t)
	var sorted []int
	is.Equal(Quantile(sorted, 1), 0)
	for i := range 1000 {
		sorted = append(sorted, i)
	}
	is.Equal(Quantile(sorted, 0), 0)
	is.Equal(Quantile(sorted, 0.5), 500)
	is.Equal(Quantile(sorted, 0.99), 990)
	is.Equal(Quantile(sorted, 0.999), 999)
	is.Equal(Quantile(sorted, 1), 999)
}
