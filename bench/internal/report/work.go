package report

import "github.com/conduitio/conduit-connector-kafka/bench/internal/result"

// work says of each contender what it does for a record, in the order of the table.
var work = []struct{ contender, does string }{
	{result.ConnectorReadN, "all that Conduit's source must: a record with metadata, position and raw data, each position acknowledged, commits of what was acknowledged; many records a call"},
	{result.ConnectorRead, "the same, one record a call"},
	{result.PublishedRead, "the same work, one record a call"},
	{result.FranzRecords, "**equal work**: the same records, positions, acknowledgements and commits, made of what franz-go polls, without headers or a check of the order"},
	{result.FranzPoll, "the limit: counts bytes, marks what was polled, commits marks. Makes no records"},
	{result.ReaderFetch, "FetchMessage and CommitMessages. Makes no records"},
	{result.RecordsAlone, "the limit of any source: makes such records, in the cheapest way that is known, of messages that lie in memory. Reads nothing"},
	{result.ConnectorPayload, "takes Conduit's records, writes key and value"},
	{result.ConnectorWrite, "takes Conduit's records, writes each whole as JSON (OpenCDC), the default"},
	{result.PublishedWrite, "the same as JSON"},
	{result.PublishedTemplate, "takes Conduit's records, writes the value through a template"},
	{result.FranzFromRecords, "**equal work**: takes Conduit's records, writes key and value with ProduceSync"},
	{result.FranzProduce, "the limit: writes messages that are ready. Takes no records"},
	{result.ConnectorExactly, "takes Conduit's records of a Kafka source; each call writes those that were not written before, and how far the source was written, in one transaction"},
	{result.FranzExactly, "**equal work**: takes the same records; each call writes them and the last one's position in one transaction. Leaves nothing out that was written before"},
	{result.WriterWrite, "writes messages that are ready. Takes no records"},
}

// workTable says who does what, of those that were measured.
func (s summary) workTable() table {
	t := table{title: "Who does what", header: []string{"contender", "does, for each record"}}
	measured := make(map[string]bool)
	for _, r := range s {
		measured[r.contender] = true
	}
	for _, w := range work {
		if measured[w.contender] {
			t.rows = append(t.rows, []string{w.contender, w.does})
		}
	}
	return t
}
