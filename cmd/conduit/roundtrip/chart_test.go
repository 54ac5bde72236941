package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestRatesSpreadWhatGrewBetweenTwoLooks(t *testing.T) {
	is := is.New(t)
	begin := time.Unix(1000, 0)
	looks := []look{{begin.Add(2 * time.Second), 0}, {begin.Add(4 * time.Second), 200}, {begin.Add(5 * time.Second), 500}}
	is.Equal(rates(looks, begin, begin.Add(6*time.Second), 6), []float64{0, 0, 100, 100, 300, 0})
	is.Equal(rates(looks, begin, begin.Add(8*time.Second), 2), []float64{50, 75})
	is.Equal(rates(nil, begin, begin, 2), []float64{0, 0})
}

func TestBarsShowTheHighestInFullAndTheSmallestAtAll(t *testing.T) {
	is := is.New(t)
	is.Equal(bars([]float64{0, 1, 50, 100}, 100), " ▁▄█")
	is.Equal(bars([]float64{0, 0}, 0), "  ")
}

func TestChartHasBothMetersAndTheTime(t *testing.T) {
	trip := &trip{start: time.Unix(1000, 0)}
	for i := range 10 {
		trip.written.set(int64(i)*1000, trip.start.Add(time.Duration(i)*100*time.Millisecond))
		trip.readBack.set(int64(i)*1000, trip.start.Add(time.Duration(i)*200*time.Millisecond))
	}
	var out bytes.Buffer
	trip.chart(&out)
	t.Log(out.String())
	for _, want := range []string{"written", "read back", "up to 10,0", "up to 5,0", "1.8s"} {
		expect.Text(t, out.String(), want)
	}
}
