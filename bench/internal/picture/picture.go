// Package picture makes SVGs out of plots.
package picture

import (
	"bytes"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

const typeface = "Liberation"

func init() { plot.DefaultFont = font.Font{Typeface: typeface, Variant: "Sans"} }

// Palette can be told apart without red and green, too.
var Palette = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff},
	color.RGBA{0xd5, 0x5e, 0x00, 0xff},
	color.RGBA{0x00, 0x9e, 0x73, 0xff},
	color.RGBA{0xcc, 0x79, 0xa7, 0xff},
	color.RGBA{0xe6, 0x9f, 0x00, 0xff},
}

// Picture is drawn on, and then an SVG.
type Picture struct {
	draw.Canvas
	svg *vgsvg.Canvas
}

// New returns a white picture.
func New(width, height vg.Length) *Picture {
	svg := vgsvg.New(width, height)
	p := &Picture{draw.New(svg), svg}
	p.SetColor(color.White)
	p.Fill(p.Rectangle.Path())
	return p
}

// SVG returns what was drawn. A viewer without the font does not take one with serifs.
func (p *Picture) SVG() ([]byte, error) {
	var b bytes.Buffer
	if _, err := p.svg.WriteTo(&b); err != nil {
		return nil, err
	}
	const family = "font-family:" + typeface + " Sans"
	return bytes.ReplaceAll(b.Bytes(), []byte(family+";"), []byte(family+",Arial,Helvetica,sans-serif;")), nil
}
