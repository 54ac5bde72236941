package stats

import (
	"testing"

	"github.com/matryer/is"
)

func TestOf_gives_median_and_ends(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{7}, Spread{7, 7, 7, 1}},
		{[]float64{9, 1}, Spread{1, 5, 9, 2}},
		{[]float64{30, 10, 20}, Spread{10, 20, 30, 3}},
		{[]float64{4, 1, 3, 2}, Spread{1, 2.5, 4, 4}},
	} {
		is.New(t).Equal(Of(c.values), c.want)
	}
}

func TestOf_leaves_the_values_as_they_are(t *testing.T) {
	values := []float64{3, 1, 2}
	Of(values)
	is.New(t).Equal(values, []float64{3, 1, 2})
}

func TestPercentile_is_the_nearest_rank(t *testing.T) {
	is := is.New(t)
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(i + 1)
	}
	is.Equal(Percentile(hundred, 0.5), 50.0)
	is.Equal(Percentile(hundred, 0.99), 99.0)
	is.Equal(Percentile(hundred, 1), 100.0)
	is.Equal(Percentile(hundred, 0), 1.0)
	is.Equal(Percentile([]float64{5}, 0.99), 5.0)
	is.Equal(Percentile(nil, 0.99), 0.0)
}
