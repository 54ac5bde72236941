package report

import (
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

func TestLateAcksTable_has_multiples_of_acks_at_once(t *testing.T) {
	is := is.New(t)
	c := cellOf(result.LateAcks, 100, "none")
	once := entry{c, result.ConnectorReadN, measured(1000, 2, 50)}
	late := entry{c, result.ConnectorLateAcks, measured(250, 3, 200)}
	kept := entry{c, result.ConnectorKept, measured(900, 2, 190)}
	few := entry{c, result.ConnectorLateAcksFew, measured(100, 1, 60)}

	is.Equal(summarize(fileOf(few, kept, once, late)).lateAcksTable().rows, [][]string{
		{result.ConnectorKept, c.String(), "0.90×", "1.00×", "3.80×", "+140 MB"},
		{result.ConnectorLateAcks, c.String(), "0.25×", "1.50×", "4.00×", "+150 MB"},
		{result.ConnectorLateAcksFew, c.String(), "0.10×", "0.50×", "1.20×", "+10 MB"},
	})
	is.Equal(len(summarize(fileOf(late, few)).lateAcksTable().rows), 0)
	is.Equal(len(summarize(fileOf(once)).lateAcksTable().rows), 0)

	other := cellOf(result.Source, 100, "none") // is no measure of the cell
	is.Equal(len(summarize(fileOf(entry{other, result.ConnectorReadN, measured(1000, 2, 50)}, late)).lateAcksTable().rows), 0)
}
