package result

import (
	"cmp"
	"fmt"
	"strconv"
)

// Part is one kind of measurement.
type Part string

// The parts, in the order in which they are run and shown.
const (
	Source       Part = "source"        // reading a topic that is there
	LateAcks     Part = "late-acks"     // reading for a host that acknowledges once a second
	Destination  Part = "destination"   // writing batches of 1,000
	WriteLatency Part = "write-latency" // writing one record, again and again
	ReadLatency  Part = "read-latency"  // from producing to reading, at a rate of records
	// writing batches of 3,000 that a Kafka source has read, each record once or at least once
	ExactlyOnce Part = "exactly-once"
	// from writing such records to reading what is committed, at 1,000 records a second
	ExactlyLatency Part = "exactly-once-latency"
	Pipeline       Part = "pipeline"     // Kafka to Kafka, whole systems
	Memory         Part = "memory"       // the same with records of 1 MB
	Growth         Part = "growth"       // reading more and more records
	WriteGrowth    Part = "write-growth" // writing more and more records
)

// Parts lists them all.
var Parts = []Part{Source, LateAcks, Destination, WriteLatency, ReadLatency, ExactlyOnce, ExactlyLatency, Pipeline, Memory, Growth, WriteGrowth}

// Cell is what the contenders are compared in: everything but the contender.
type Cell struct {
	Part       Part   `json:"part"`
	Size       int    `json:"size"`       // bytes of each record's value
	Codec      string `json:"codec"`      // none, snappy, lz4, zstd
	Partitions int    `json:"partitions"` // of each topic
	Brokers    int    `json:"brokers"`
	// Records are moved at most; a run also ends when its time is over. 0: only then.
	Records int64 `json:"records,omitempty"`
	// Rate is how many records a second are written for the latency of reading. 0 is 1,000,
	// the only one there was once.
	Rate int `json:"rate,omitempty"`
}

// Latency reports whether a part is about the time of single records.
func (p Part) Latency() bool { return p == WriteLatency || p == ReadLatency || p == ExactlyLatency }

// PerSecond is the rate of a cell.
func (c Cell) PerSecond() int { return cmp.Or(c.Rate, 1000) }

// String says what differs from cell to cell.
func (c Cell) String() string {
	s := fmt.Sprintf("%s, %s, %s, %s", Bytes(c.Size), c.Codec,
		Plural(c.Partitions, "partition"), Plural(c.Brokers, "broker"))
	switch c.Part {
	case Memory, Growth, WriteGrowth:
		s = Thousands(c.Records) + " × " + s
	case ReadLatency, ExactlyLatency:
		s += ", " + Thousands(int64(c.PerSecond())) + "/s"
	}
	return s
}

// Bytes writes a size as the tables do.
func Bytes(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return strconv.Itoa(n/1_000_000) + " MB"
	case n >= 1000 && n%1000 == 0:
		return strconv.Itoa(n/1000) + " KB"
	}
	return strconv.Itoa(n) + " B"
}

// Thousands writes n with a comma between each three digits.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	digits := 0
	if n < 0 {
		digits = 1
	}
	for i := len(s) - 3; i > digits; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Plural writes how many there are of what.
func Plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
