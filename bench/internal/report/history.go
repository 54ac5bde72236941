package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

const historyFile = "benchmarks-history.csv"

var historyHeader = []string{"started", "commit", "cpu", "cores", "part", "cell", "contender", "records/s", "least", "most", "CPU µs a record", "p50 µs", "p99 µs", "peak MB"}

// addToHistory appends the medians of a run to a file that has those of earlier runs. A run
// that is in it already changes nothing.
func addToHistory(name string, f *result.File, s summary) error {
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read history: %w", err)
	}
	started := f.Started.UTC().Format(time.RFC3339)
	out := bytes.NewBuffer(text)
	w := csv.NewWriter(out)
	if len(text) == 0 {
		_ = w.Write(historyHeader) // to memory
	} else if bytes.Contains(text, []byte("\n"+started+",")) {
		return nil
	}
	for _, r := range s {
		if r.rate.N == 0 {
			continue
		}
		_ = w.Write([]string{
			started, f.Machine.Commit, f.Machine.CPU, strconv.Itoa(f.Machine.Cores), string(r.cell.Part), r.cell.String(), r.contender,
			figure(r.rate.Median), figure(r.rate.Min), figure(r.rate.Max), fine(r.cpu.Median), figure(r.p50.Median), figure(r.p99.Median), megabytes(r.peak),
		})
	}
	w.Flush()
	if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

// figure is a whole number; nothing for 0, which was not measured.
func figure(x float64) string {
	if x == 0 {
		return ""
	}
	return strconv.FormatFloat(x, 'f', 0, 64)
}
