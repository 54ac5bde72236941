package kafka

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// figure is one that a document has from docs/benchmarks.md, which make bench writes.
type figure struct {
	doc  string
	says string // with %s in the place of the figure
	row  string // what its row in docs/benchmarks.md begins with, from its table's heading on
	cell int    // of the row, from 1 on
}

var figures = []figure{
	{"README.md", `Reading is %s times as fast`, "## Targets|source, ReadN + Ack, 100 B: records/s against published", 3},
	{"README.md", `%s million records of 100 bytes a second`, "## Reading: 100 B, none, 6 partitions, 1 broker|connector, ReadN + Ack", 2},
	{"README.md", `thousand is\s+%s times as fast`, "## Targets|destination, Write(1000), value.format=payload: against published", 3},
	{"README.md", `takes %s MB of memory at its peak`, "## Targets|peak memory of these two pipelines", 3},
	{"README.md", `moves %s records a second where`, "## Targets|Kafka → Kafka, second architecture, defaults: records/s", 3},
	{"README.md", `architectures\): %s times as many as`, "## Targets|Kafka → Kafka, second architecture, defaults: against published", 3},
	{"README.md", `One by one it moves\s+%s\. `, "## Kafka → Kafka, whole systems|Conduit v1 + connector, defaults", 2},
	{"docs/operations.md", `each waits for its brokers: %s records a second`, "## Kafka → Kafka, whole systems|Conduit v1 + connector, defaults", 2},
	{"docs/operations.md", `and %s with .sdk.batch.size: 1000.`, "## Kafka → Kafka, whole systems|Conduit v1 + connector, destination batch 1000/5ms", 2},
	{"docs/operations.md", `returned at once: %s records a second with the defaults`, "## Kafka → Kafka, whole systems|Conduit v2 + connector, defaults", 2},
}

const number = `(\d[\d,.]*\d|\d)`

// amount is the first number in a text, without its commas.
func amount(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(strings.ReplaceAll(regexp.MustCompile(number).FindString(text), ",", ""), 64)
	is.New(t).NoErr(err)
	return n
}

// cellOf is a cell of the benchmarks.
func (f figure) cellOf(t *testing.T, benchmarks string) string {
	t.Helper()
	heading, row, _ := strings.Cut(f.row, "|")
	_, section, found := strings.Cut(benchmarks, "\n"+heading)
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) > f.cell && strings.TrimSpace(cells[1]) == row {
			return strings.TrimSpace(cells[f.cell])
		}
	}
	t.Fatalf("docs/benchmarks.md has no %q (heading found: %t), of which %s says something", f.row, found, f.doc)
	return ""
}

// After a new run of make bench these are the places that say what it measured. What is
// rounded may differ by a tenth.
func TestFiguresAreThoseOfTheBenchmarks(t *testing.T) {
	benchmarks, err := os.ReadFile("docs/benchmarks.md")
	is.New(t).NoErr(err)
	for _, f := range figures {
		text, err := os.ReadFile(f.doc)
		is.New(t).NoErr(err)
		m := regexp.MustCompile(strings.Replace(f.says, "%s", number, 1)).FindStringSubmatch(string(text))
		if m == nil {
			t.Errorf("%s does not say %q", f.doc, f.says)
			continue
		}
		cell := f.cellOf(t, string(benchmarks))
		want, got := amount(t, cell), amount(t, m[1])
		if strings.Contains(f.says, "million") {
			got *= 1e6
		}
		if math.Abs(got-want) > want/10 {
			t.Errorf("%s says %q, and docs/benchmarks.md %s (%s)", f.doc, m[0], cell, f.row)
		}
	}
}
