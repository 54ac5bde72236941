package main

import (
	"cmp"
	"context"
	"fmt"
	"image/color"
	"math"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/picture"
)

// Grafana's grid, in points.
const (
	column = vg.Length(46)
	row    = vg.Length(22)
	gap    = vg.Length(6)
)

var units = map[string]string{"s": "seconds", "Bps": "bytes/s", "reqps": "requests/s", "percentunit": "share of the time"}

// drawDashboard draws all panels where Grafana has them.
func drawDashboard(ctx context.Context, panels []panel, prometheus string, began time.Time) ([]byte, error) {
	rows := 0
	for _, p := range panels {
		rows = max(rows, p.GridPos.Y+p.GridPos.H)
	}
	out := picture.New(24*column, vg.Length(rows)*row)
	for _, p := range panels {
		if p.Type == "row" {
			style := plot.New().Title.TextStyle
			style.Font.Size, style.XAlign = 13, draw.XLeft
			out.FillText(style, vg.Point{X: gap, Y: out.Max.Y - vg.Length(p.GridPos.Y)*row - 6}, p.Title)
			continue
		}
		chart, err := p.chart(ctx, prometheus, began)
		if err != nil {
			return nil, fmt.Errorf("panel %q: %w", p.Title, err)
		}
		chart.Draw(draw.Crop(out.Canvas,
			vg.Length(p.GridPos.X)*column+gap, vg.Length(p.GridPos.X+p.GridPos.W)*column-gap-out.Max.X,
			out.Max.Y-vg.Length(p.GridPos.Y+p.GridPos.H)*row+gap, -vg.Length(p.GridPos.Y)*row-gap))
	}
	return out.SVG()
}

// named is how many series of a panel its legend names: those with the highest peaks.
const named = 5

// chart has a line for each series of the panel's queries, and dashed ones where a broker
// was killed and started again.
func (p panel) chart(ctx context.Context, prometheus string, began time.Time) (*plot.Plot, error) {
	var lines []series
	for _, t := range p.Targets {
		more, err := ask(ctx, prometheus, t, began)
		if err != nil {
			return nil, err
		}
		lines = append(lines, more...)
	}
	slices.SortStableFunc(lines, func(a, b series) int { return cmp.Compare(b.peak(), a.peak()) })
	chart := p.empty()
	if len(lines) > 0 && lines[0].peak() > 0 {
		chart.Y.Max = lines[0].peak() * (1.15 + 0.1*float64(min(len(lines), named+1))) // room for the legend
	}
	for n, s := range lines {
		line, err := plotter.NewLine(s.xys())
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = picture.Palette[n%len(picture.Palette)], 1
		chart.Add(line)
		switch {
		case n < named:
			chart.Legend.Add(s.name, line)
		case n == named:
			chart.Legend.Add(fmt.Sprintf("and %d more", len(lines)-named))
		}
	}
	for _, at := range []time.Duration{killed, restarted} {
		mark, err := plotter.NewLine(plotter.XYs{{X: at.Seconds(), Y: 0}, {X: at.Seconds(), Y: chart.Y.Max}})
		if err != nil {
			return nil, err
		}
		mark.Color, mark.Width, mark.Dashes = color.Gray{0x99}, 0.5, []vg.Length{3, 3}
		chart.Add(mark)
	}
	return chart, nil
}

// empty is a panel without lines.
func (p panel) empty() *plot.Plot {
	chart := plot.New()
	chart.Title.Text, chart.Title.TextStyle.Font.Size = p.Title, 10
	chart.Y.Label.Text, chart.Y.Label.TextStyle.Font.Size = units[p.FieldConfig.Defaults.Unit], 8
	chart.X.Tick.Label.Font.Size, chart.Y.Tick.Label.Font.Size = 8, 8
	chart.Legend.TextStyle.Font.Size, chart.Legend.Top, chart.Legend.Left = 7, true, true
	chart.X.Min, chart.X.Max, chart.Y.Min, chart.Y.Max = 0, length.Seconds(), 0, 1
	return chart
}

// peak is the highest value, 0 if there is none.
func (s series) peak() float64 {
	highest := 0.0
	for _, at := range s.xys() {
		highest = max(highest, at.Y)
	}
	return highest
}

// xys leaves out what is no number: a quantile of nothing.
func (s series) xys() plotter.XYs {
	var out plotter.XYs
	for _, p := range s.points {
		if !math.IsNaN(p.value) && !math.IsInf(p.value, 0) {
			out = append(out, plotter.XY{X: p.seconds, Y: p.value})
		}
	}
	if len(out) == 0 {
		out = plotter.XYs{{X: 0, Y: 0}}
	}
	return out
}
