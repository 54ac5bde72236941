package main

import (
	"fmt"
	"io"
	"time"
)

const chartWidth = 48 // columns

// look is a count at a time.
type look struct {
	at    time.Time
	count int64
}

// rates are the counts per second in equal parts of the time from begin to end. Between
// two looks a count grows evenly.
func rates(looks []look, begin, end time.Time, parts int) []float64 {
	out := make([]float64, parts)
	part := end.Sub(begin).Seconds() / float64(parts)
	if part <= 0 {
		return out
	}
	from := look{at: begin}
	for _, to := range looks {
		first, last := from.at.Sub(begin).Seconds()/part, to.at.Sub(begin).Seconds()/part
		grown := float64(to.count - from.count)
		for i := max(0, int(first)); i < parts && float64(i) < last; i++ {
			overlap := min(last, float64(i+1)) - max(first, float64(i))
			out[i] += grown * overlap / (last - first) / part
		}
		from = to
	}
	return out
}

// bars draws rates as one line of blocks, the highest in full height.
func bars(rates []float64, highest float64) string {
	blocks := []rune(" ▁▂▃▄▅▆▇█")
	line := make([]rune, len(rates))
	for i, r := range rates {
		n := 0
		if highest > 0 && r > 0 {
			n = max(1, int(r/highest*float64(len(blocks)-1)+0.5)) // what there is can be seen
		}
		line[i] = blocks[n]
	}
	return string(line)
}

// chart prints the throughput of both meters over the time of the run.
func (t *trip) chart(w io.Writer) {
	begin, end := t.start, t.written.last
	if t.readBack.last.After(end) {
		end = t.readBack.last
	}
	if !end.After(begin) {
		return
	}
	fmt.Fprintln(w)
	for _, row := range []struct {
		name  string
		meter *meter
	}{{"written", &t.written}, {"read back", &t.readBack}} {
		r := rates(row.meter.looks, begin, end, chartWidth)
		highest := 0.0
		for _, v := range r {
			highest = max(highest, v)
		}
		fmt.Fprintf(w, "  %-12s %s  up to %s records/s\n", row.name, bars(r, highest), thousands(int64(highest)))
	}
	fmt.Fprintf(w, "  %-12s 0s%*s\n", "", chartWidth-2, end.Sub(begin).Round(100*time.Millisecond))
}
