package main

import (
	"fmt"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/picture"
)

// draw makes the picture: throughput, lag and latency over time, one above the other.
func (f *flow) draw() ([]byte, error) {
	f.settle()
	var plots [][]*plot.Plot
	for _, c := range []struct {
		title string
		value func(point) float64
	}{
		{"records read a second", func(p point) float64 { return float64(p.read) / bin.Seconds() }},
		{"lag: records due and not read", func(p point) float64 { return float64(p.lag) }},
		{"latency: seconds from due to read, slowest", func(p point) float64 { return p.slowest.Seconds() }},
	} {
		p, err := f.curve(c.title, c.value)
		if err != nil {
			return nil, err
		}
		plots = append(plots, []*plot.Plot{p})
	}
	plots[len(plots)-1][0].X.Label.Text = "seconds; a broker is killed, and started again (dashed)"
	out := picture.New(vg.Points(620), vg.Points(480))
	tiles := draw.Tiles{Rows: len(plots), Cols: 1, PadY: vg.Points(10), PadTop: vg.Points(8), PadBottom: vg.Points(8), PadLeft: vg.Points(8), PadRight: vg.Points(16)}
	for i, row := range plot.Align(plots, tiles, out.Canvas) {
		plots[i][0].Draw(row[0])
	}
	return out.SVG()
}

func (f *flow) curve(title string, value func(point) float64) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = title
	p.X.Min, p.X.Max, p.Y.Min = 0, length.Seconds(), 0
	points := make(plotter.XYs, len(f.points))
	for i, at := range f.points {
		points[i] = plotter.XY{X: (time.Duration(i) * bin).Seconds(), Y: value(at)}
		p.Y.Max = max(p.Y.Max, points[i].Y*1.05)
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return nil, err
	}
	line.Color, line.Width = picture.Palette[0], vg.Points(1.2)
	p.Add(line)
	for _, at := range []time.Duration{killed, restarted} {
		mark, err := plotter.NewLine(plotter.XYs{{X: at.Seconds(), Y: 0}, {X: at.Seconds(), Y: p.Y.Max}})
		if err != nil {
			return nil, err
		}
		mark.Color, mark.Width, mark.Dashes = picture.Palette[1], vg.Points(1), []vg.Length{vg.Points(4), vg.Points(3)}
		p.Add(mark)
	}
	return p, nil
}

// summary says in words what the picture shows.
func (f *flow) summary() string {
	var b strings.Builder
	var slowest time.Duration
	var lag int64
	pause, longest := time.Duration(0), time.Duration(0)
	for _, p := range f.points {
		slowest, lag = max(slowest, p.slowest), max(lag, p.lag)
		if pause += bin; p.read > 0 {
			pause = 0
		}
		longest = max(longest, pause)
	}
	fmt.Fprintf(&b, "%d records a second through three brokers, one killed after %s and started after %s:\n", rate, killed, restarted)
	fmt.Fprintf(&b, "no record for at most %s, lag at most %d records, slowest record %s, lag at the end %d\n",
		longest, lag, slowest.Round(10*time.Millisecond), f.points[len(f.points)-1].lag)
	return b.String()
}
