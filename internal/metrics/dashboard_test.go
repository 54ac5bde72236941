package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/prometheus/client_golang/prometheus"
)

// The parts of what a description says of itself.
var (
	fqName         = regexp.MustCompile(`fqName: "([^"]+)"`)
	constLabels    = regexp.MustCompile(`constLabels: \{([^}]*)\}`)
	variableLabels = regexp.MustCompile(`variableLabels: \{([^}]*)\}`)
	labelName      = regexp.MustCompile(`[a-z]+`)
)

// labelsByMetric has every metric with its labels.
func labelsByMetric(t *testing.T) map[string][]string {
	t.Helper()
	descs := make(chan *prometheus.Desc, 100)
	newConnector(key{"", Source}).Describe(descs)
	newConnector(key{"", Destination}).Describe(descs)
	close(descs)
	out := make(map[string][]string)
	for d := range descs {
		text := d.String()
		labels := labelName.FindAllString(variableLabels.FindStringSubmatch(text)[1], -1)
		for pair := range strings.SplitSeq(constLabels.FindStringSubmatch(text)[1], ",") {
			name, _, _ := strings.Cut(pair, "=")
			labels = append(labels, name)
		}
		out[fqName.FindStringSubmatch(text)[1]] = labels
	}
	return out
}

// dashboardQueries are the queries of the panels and variables, by panel.
func dashboardQueries(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../examples/compose/grafana/dashboards/kafka.json")
	is.New(t).NoErr(err)
	var dashboard struct {
		Panels []struct {
			Type, Title string
			Targets     []struct{ Expr string }
		}
		Templating struct {
			List []struct {
				Name, Type string
				Query      any
			}
		}
	}
	is.New(t).NoErr(json.Unmarshal(text, &dashboard))
	out := make(map[string][]string)
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			out[p.Title] = append(out[p.Title], target.Expr)
		}
		if p.Type != "row" && len(out[p.Title]) == 0 {
			t.Errorf("panel %q asks for nothing", p.Title)
		}
	}
	for _, v := range dashboard.Templating.List {
		if v.Type == "query" {
			out["variable "+v.Name] = []string{v.Query.(map[string]any)["query"].(string)}
		}
	}
	return out
}

var (
	inQuery  = regexp.MustCompile(`(conduit_kafka_\w+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`(\w+)(?:=~|!~|!=|=)"`)
	grouping = regexp.MustCompile(`by \(([^)]*)\)`)
	ofSeries = []string{"le", "instance", "job"} // Prometheus' own
)

// A panel that asks for what there is not stays empty without a word.
func TestDashboardAsksForMetricsAndLabelsThatExist(t *testing.T) {
	have, asked := labelsByMetric(t), make(map[string]bool)
	for panel, queries := range dashboardQueries(t) {
		for _, query := range queries {
			metrics := inQuery.FindAllStringSubmatch(query, -1)
			if len(metrics) == 0 {
				t.Errorf("panel %q: no metric in %s", panel, query)
			}
			for _, m := range metrics {
				name := m[1]
				for _, suffix := range []string{"_bucket", "_count", "_sum"} {
					if base, ok := strings.CutSuffix(name, suffix); ok && have[base] != nil {
						name = base
					}
				}
				asked[name] = true
				labels, ok := have[name]
				if !ok {
					t.Errorf("panel %q: there is no metric %s", panel, m[1])
				}
				wanted := matcher.FindAllStringSubmatch(m[2], -1)
				for _, by := range grouping.FindAllStringSubmatch(query, -1) {
					for label := range strings.SplitSeq(by[1], ", ") {
						wanted = append(wanted, []string{"", label})
					}
				}
				for _, label := range wanted {
					if !slices.Contains(labels, label[1]) && !slices.Contains(ofSeries, label[1]) {
						t.Errorf("panel %q: %s has no label %s, but %s", panel, name, label[1], labels)
					}
				}
			}
		}
	}
	for name := range have {
		if !asked[name] {
			t.Errorf("no panel shows %s", name)
		}
	}
}
