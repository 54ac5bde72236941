package report

import (
	"fmt"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

const introduction = `# Benchmarks

Written by ` + "`make bench`" + `; don't edit. Compare figures of one run with each
other, not with those of other runs or machines: broker and contenders share the
cores.

`

const method = `## How it was measured

* Each run of each contender is a process of its own. The contenders of a table
  take turns, A B C, B C A, C A B. Figures are medians over the runs, with the least and
  the most in parentheses. Peak memory is the most of all runs. In each cluster the first
  run of each kind of table is discarded, in which brokers compile what they need.
* CPU is user and system time of the whole process, from opening the client to the
  last record or ack. Records a second are counted from the first answer on: joining the
  group or connecting is "first answer". Of pipelines the first seconds after the
  first record don't count, neither in records nor in CPU.
* Topics are filled first, with keys and values that compress to about a third, in
  batches of up to 1 MB. Where a client read or wrote another number of records
  than the brokers' offsets show, the note says so.
* "Published" is the connector of the same name that Conduit comes with. The
  program that measures the connectors is one, built twice. The published one has
  no ReadN, so it is read as the SDK would: by Read.
* Readers are a group's only member and acknowledge each record: Ack of the
  connectors, marks of franz-go, CommitMessages of kafka-go. The bare loops of franz-go
  and kafka-go make no Conduit records of what they read, which is most of the work; one
  of franz-go does, and commits once a second what was acknowledged, as the connector
  ("Who does what"). franz-go's bare loop commits every five seconds.
* History: the medians of each run of the default cells are in
  [benchmarks-history.csv](benchmarks-history.csv). ` + "`bin/bench compare old.json new.json`" + `
  compares two runs, with the speed of the machine taken out, and fails where a cell is
  slower than the noise of twins and runs explains.
* There is no p99 of fewer than 100 records, which a reader gets at one record a second.
* Conduit from 0.19 on acknowledges a record when its position is on disk, up to a
  second later and then many at once. "A host that acknowledges once a second" does
  so in order, for all records read until then, and keeps their positions meanwhile,
  which its peak memory includes. The first second begins with the first record, and
  a run takes whole seconds. The connector reads until ` + "`maxUncommitted`" + ` are
  unacknowledged and then waits. It is compared in the same run with acks at once, with a
  host that acknowledges at once and keeps the positions for a second all the same, and
  with a limit of 100,000 records.
* Writers use acks all and the compression of the table. franz-go doesn't linger,
  kafka-go's BatchTimeout is 1 ms. The published connector has no setting for
  either.
* Exactly once: the records have positions as the connector's source gives them, of six
  partitions, with ` + "`exactlyOnce`" + ` and nothing set besides, or without; each call of 3,000 is a
  transaction. What is committed is counted by reading it. For the latency, what is due of 1,000 records a
  second is written as soon as the call before has returned, in one process with the reader.
  It is from the time at which a record is due to that at which the reader, with
  read_committed, has it. franz-go has a MetadataMinAge of 20 ms: with its default, a call
  that begins before the last transaction has ended in all brokers takes five seconds.
* Pipelines copy a topic, of which the copy's end offsets tell what arrived. v1 and
  v2 are Conduit's first and second architecture. All compress with snappy, the
  connectors' default. Kafka Connect is a standalone worker with the Java options
  of its own script.
`

// markdown is docs/benchmarks.md.
func markdown(f *result.File, s summary, plots map[string][]byte) string {
	var b strings.Builder
	b.WriteString(introduction)
	for _, line := range circumstances(f) {
		fmt.Fprintf(&b, "* %s\n", line)
	}
	b.WriteByte('\n')
	for _, c := range captions {
		if plots[c.file] != nil {
			fmt.Fprintf(&b, "![%s](%s)\n\n", c.text, c.file)
		}
	}
	for _, t := range s.tables() {
		t.writeMarkdown(&b)
	}
	b.WriteString(method)
	return b.String()
}

var captions = []struct{ file, text string }{
	{throughputFile, "Records a second by record size"},
	{latencyFile, "Latency of writing and of reading"},
}

// writeMarkdown writes a section with the table in it.
func (t table) writeMarkdown(b *strings.Builder) {
	fmt.Fprintf(b, "## %s\n\n", t.title)
	line := func(cells []string) {
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
	line(append([]string(nil), t.header...))
	fmt.Fprintf(b, "|%s\n", strings.Repeat(" --- |", len(t.header)))
	for _, r := range t.rows {
		line(append([]string(nil), r...))
	}
	b.WriteByte('\n')
}
