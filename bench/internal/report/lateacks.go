package report

import (
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// lateAcksTable compares what acknowledging once a second costs with acknowledging at
// once: medians, and peaks of memory, as multiples, and in bytes what a peak is more. It
// has no rows where either is missing.
func (s summary) lateAcksTable() table {
	t := table{
		title:  "Acks once a second, as a multiple of acks at once",
		header: []string{"contender", "cell", "records/s", "CPU a record", "peak memory", "more"},
	}
	for _, c := range s.cells(result.LateAcks) {
		same := func(have result.Cell) bool { return have == c }
		once := s.find(result.LateAcks, result.ConnectorReadN, same)
		if once == nil || once.rate.Median <= 0 || once.cpu.Median <= 0 || once.peak <= 0 {
			continue
		}
		for _, name := range []string{result.ConnectorKept, result.ConnectorLateAcks, result.ConnectorLateAcksFew} {
			late := s.find(result.LateAcks, name, same)
			if late == nil {
				continue
			}
			t.rows = append(t.rows, []string{name, c.String(), times(late.rate.Median / once.rate.Median),
				times(late.cpu.Median / once.cpu.Median), times(float64(late.peak) / float64(once.peak)), fmt.Sprintf("%+d MB", (late.peak-once.peak)>>20)})
		}
	}
	return t
}
