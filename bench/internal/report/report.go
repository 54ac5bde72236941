package report

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// The files that Write writes.
const (
	markdownFile   = "benchmarks.md"
	throughputFile = "benchmarks-throughput.svg"
	latencyFile    = "benchmarks-latency.svg"
)

// Print prints everything as text.
func Print(w io.Writer, f *result.File) error {
	for _, line := range circumstances(f) {
		fmt.Fprintln(w, line)
	}
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, t := range summarize(f).tables() {
		fmt.Fprintf(columns, "\n%s\n", t.title)
		fmt.Fprintln(columns, "  "+strings.Join(t.header, "\t"))
		for _, r := range t.rows {
			fmt.Fprintln(columns, "  "+strings.Join(r, "\t"))
		}
		// Each table has widths of its own.
		if err := columns.Flush(); err != nil {
			return fmt.Errorf("print report: %w", err)
		}
	}
	return nil
}

// Write writes benchmarks.md and the plots into a directory. A plot without data
// is left out. It adds a run of the default cells to the history that is there.
func Write(dir string, f *result.File) error {
	s := summarize(f)
	plots := make(map[string][]byte)
	for name, draw := range map[string]func() ([]byte, error){throughputFile: s.throughputPlot, latencyFile: s.latencyPlot} {
		svg, err := draw()
		if err != nil {
			return fmt.Errorf("plot %s: %w", name, err)
		}
		if svg != nil {
			plots[name] = svg
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	files := maps.Clone(plots)
	files[markdownFile] = []byte(markdown(f, s, plots))
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	if len(f.Arguments) > 0 { // not all cells, or not as usual
		return nil
	}
	return addToHistory(filepath.Join(dir, historyFile), f, s)
}

// circumstances are what the figures depend on, one a line.
func circumstances(f *result.File) []string {
	m := f.Machine
	lines := []string{
		fmt.Sprintf("Machine: %s, %d cores, %s MB memory, load %.2f before the first run.", m.CPU, m.Cores, result.Thousands(m.MemoryMB), m.Load),
		fmt.Sprintf("System: %s, %s.", m.OS, m.Kernel),
		fmt.Sprintf("Versions: commit %s, Apache Kafka %s, %s.", m.Commit, m.Kafka, m.Go),
	}
	if m.Java != "" {
		lines[2] = strings.TrimSuffix(lines[2], ".") + ", " + m.Java + "."
	}
	lines = append(lines, libraries(f)...)
	run := "default cells"
	if len(f.Arguments) > 0 {
		run = "bench " + strings.Join(f.Arguments, " ")
	}
	return append(lines, fmt.Sprintf("Run: %s, %s, took %s.", f.Started.UTC().Format("2006-01-02 15:04 MST"), run, f.Took.Round(1e9)))
}

// libraries names the versions that were built in, one line for each program.
func libraries(f *result.File) []string {
	seen := make(map[string]bool)
	var lines []string
	for _, m := range f.Measurements {
		var parts []string
		for _, path := range slices.Sorted(maps.Keys(m.Run.Versions)) {
			parts = append(parts, path[strings.LastIndexByte(path, '/')+1:]+" "+m.Run.Versions[path])
		}
		line := "Clients built with " + strings.Join(parts, ", ") + "."
		if len(parts) > 0 && !seen[line] {
			seen[line] = true
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}
