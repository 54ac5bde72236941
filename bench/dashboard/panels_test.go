package main

import (
	"strings"
	"testing"

	"github.com/matryer/is"
)

func TestPanelsAreThoseOfTheDashboard(t *testing.T) {
	is := is.New(t)
	panels, err := readPanels("../../examples/compose/grafana/dashboards/kafka.json")
	is.NoErr(err)
	drawn := 0
	for _, p := range panels {
		is.True(p.GridPos.W > 0 && p.GridPos.H > 0 && p.GridPos.X+p.GridPos.W <= 24)
		if p.Type == "row" {
			continue
		}
		drawn++
		is.True(len(p.Targets) > 0)
		for _, target := range p.Targets {
			is.True(target.Expr != "")
			is.True(!strings.Contains(target.query(), "$")) // each of Grafana's variables has a value
		}
	}
	is.True(drawn > 10)
}

func TestLegendsNameSeriesByTheirLabels(t *testing.T) {
	is := is.New(t)
	labels := map[string]string{"connector": "orders:from", "kind": "timeout"}
	is.Equal(target{LegendFormat: "{{connector}} {{kind}}"}.legend(labels), "orders:from timeout")
	is.Equal(target{LegendFormat: "{{connector}} {{instance}}"}.legend(labels), "orders:from")
}
