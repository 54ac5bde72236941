package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// panel is one of the dashboard.
type panel struct {
	Type, Title string
	GridPos     struct{ X, Y, W, H int } // in Grafana's grid of 24 columns
	FieldConfig struct{ Defaults struct{ Unit string } }
	Targets     []target
}

// target is a query of a panel.
type target struct {
	Expr, LegendFormat string
}

func readPanels(file string) ([]panel, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var dashboard struct{ Panels []panel }
	if err := json.Unmarshal(text, &dashboard); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if len(dashboard.Panels) == 0 {
		return nil, fmt.Errorf("read %s: there are no panels", file)
	}
	return dashboard.Panels, nil
}

// query is what Grafana asks Prometheus: all connectors, and a rate over some scrapes.
func (t target) query() string {
	return strings.NewReplacer("$connector", ".*", "$__rate_interval", rateInterval).Replace(t.Expr)
}

var field = regexp.MustCompile(`\{\{(\w+)\}\}`)

// legend names a series by its labels.
func (t target) legend(labels map[string]string) string {
	return strings.TrimSpace(field.ReplaceAllStringFunc(t.LegendFormat, func(name string) string {
		return labels[strings.Trim(name, "{}")]
	}))
}
