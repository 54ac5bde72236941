package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/picture"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// throughputPlot has records a second against the size of a record, reading and
// writing side by side; nil without data.
func (s summary) throughputPlot() ([]byte, error) {
	read, err := s.sizePlot("Reading", result.Source, result.ConnectorReadN, result.PublishedRead, result.FranzPoll, result.ReaderFetch)
	if err != nil {
		return nil, err
	}
	written, err := s.sizePlot("Writing 1,000 a call", result.Destination,
		result.ConnectorPayload, result.PublishedWrite, result.FranzProduce, result.WriterWrite, result.ConnectorWrite)
	if err != nil {
		return nil, err
	}
	return sideBySide(read, written)
}

// sizePlot has a line for each contender; nil without data.
func (s summary) sizePlot(title string, part result.Part, contenders ...string) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text, p.Y.Label.Text = "bytes of a value", "records/s"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = sizeTicks, plot.TickerFunc(decades)
	p.Legend.Top, p.Legend.Padding = true, vg.Points(3)
	var most, least float64
	for i, name := range contenders {
		var points plotter.XYs
		for _, size := range []int{100, 1000, 10_000} {
			if r := s.find(part, name, of(size, "none")); r != nil && r.rate.Median > 0 {
				points = append(points, plotter.XY{X: float64(size), Y: r.rate.Median})
				most = max(most, r.rate.Median)
				if least == 0 || r.rate.Median < least {
					least = r.rate.Median
				}
			}
		}
		if len(points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		line.Color, dots.Color = picture.Palette[i], picture.Palette[i]
		line.Width, dots.Radius, dots.Shape = vg.Points(1.5), vg.Points(3), draw.CircleGlyph{}
		p.Add(line, dots)
		p.Legend.Add(name, line, dots)
	}
	if most == 0 {
		return nil, nil
	}
	p.Add(plotter.NewGrid())
	p.X.Min, p.X.Max = 80, 12_500
	p.Y.Min = math.Pow(10, math.Floor(math.Log10(least)))
	p.Y.Max = math.Pow(10, math.Ceil(math.Log10(most)+0.6)) // room for the legend
	return p, nil
}

var sizeTicks = plot.ConstantTicks{
	{Value: 100, Label: result.Bytes(100)}, {Value: 1000, Label: result.Bytes(1000)}, {Value: 10_000, Label: result.Bytes(10_000)},
}

// decades labels the powers of ten.
func decades(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for x := math.Pow(10, math.Floor(math.Log10(low))); x <= high*1.001; x *= 10 {
		ticks = append(ticks, plot.Tick{Value: x, Label: result.Thousands(int64(math.Round(x)))})
		for n := 2.0; n < 10; n++ {
			ticks = append(ticks, plot.Tick{Value: x * n})
		}
	}
	return ticks
}

// latencyPlot has p50 and p99 of writing one record and of reading; nil without
// data.
func (s summary) latencyPlot() ([]byte, error) {
	written, err := s.barPlot("Writing one record", result.WriteLatency, []contenderLabel{
		{result.ConnectorPayload, "connector"}, {result.PublishedWrite, "published"}, {result.FranzProduce, "franz-go"}, {result.WriterWrite, "kafka-go"}})
	if err != nil {
		return nil, err
	}
	read, err := s.barPlot("From producing to reading", result.ReadLatency, []contenderLabel{
		{result.ConnectorReadN, "connector"}, {result.PublishedRead, "published"}, {result.FranzPoll, "franz-go"}})
	if err != nil {
		return nil, err
	}
	return sideBySide(written, read)
}

type contenderLabel struct{ contender, label string }

// barPlot has two bars for each contender; nil without data.
func (s summary) barPlot(title string, part result.Part, contenders []contenderLabel) (*plot.Plot, error) {
	var p50, p99 plotter.Values
	var labels []string
	for _, c := range contenders {
		if r := s.find(part, c.contender, of(100, "none")); r != nil && r.p99.N > 0 {
			p50, p99 = append(p50, r.p50.Median/1000), append(p99, r.p99.Median/1000)
			labels = append(labels, c.label)
		}
	}
	if len(labels) == 0 {
		return nil, nil
	}
	p := plot.New()
	p.Title.Text, p.Y.Label.Text = title, "ms"
	p.Legend.Top, p.Legend.Padding = true, vg.Points(3)
	for i, values := range []plotter.Values{p50, p99} {
		width := vg.Points(18)
		bars, err := plotter.NewBarChart(values, width)
		if err != nil {
			return nil, err
		}
		bars.Color, bars.LineStyle.Width = picture.Palette[i], 0
		bars.Offset = (vg.Length(i) - 0.5) * width
		p.Add(bars)
		p.Legend.Add(fmt.Sprintf("p%d", []int{50, 99}[i]), bars)
	}
	p.NominalX(labels...)
	p.Y.Min = 0
	p.Y.Max *= 1.2 // room for the legend
	return p, nil
}

// sideBySide draws what there is of two plots.
func sideBySide(plots ...*plot.Plot) ([]byte, error) {
	var there []*plot.Plot
	for _, p := range plots {
		if p != nil {
			there = append(there, p)
		}
	}
	if len(there) == 0 {
		return nil, nil
	}
	out := picture.New(vg.Length(len(there))*vg.Points(400), vg.Points(330))
	tiles := draw.Tiles{Rows: 1, Cols: len(there), PadX: vg.Points(20), PadTop: vg.Points(8), PadBottom: vg.Points(8), PadLeft: vg.Points(8), PadRight: vg.Points(8)}
	for i, c := range plot.Align([][]*plot.Plot{there}, tiles, out.Canvas)[0] {
		there[i].Draw(c)
	}
	return out.SVG()
}
