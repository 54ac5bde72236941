package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// comparison is what the output file has of the generated records, which are
// numbered from 1.
type comparison struct {
	lines      int // complete lines
	missing    int // records that no line has
	changed    int // lines that are not what was generated
	duplicated int // lines that repeat a record
	misordered int // records after a later one of their partition
	examples   []string
}

const maxExamples = 5

// intact reports whether each record came back with its content, in order.
// Delivery is at least once: repeated records are no fault.
func (c comparison) intact() bool { return c.missing+c.changed+c.misordered == 0 }

// distinct is how many of the records came back, changed or not.
func (c comparison) distinct(records int) int { return records - c.missing }

// compare reads the output of the pipelines, a line for each record. A last line
// without an end is not complete and left out.
func compare(output io.Reader, records int) (comparison, error) {
	c := comparer{seen: make([]bool, records+1), last: make(map[string]int)}
	r := bufio.NewReaderSize(output, 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return c.comparison, fmt.Errorf("compare output: %w", err)
		}
		c.add(line)
	}
	for n, seen := range c.seen[1:] {
		if !seen {
			c.missing++
			c.example("record %d is missing", n+1)
		}
	}
	return c.comparison, nil
}

type comparer struct {
	comparison
	seen []bool         // by number
	last map[string]int // number of the last record, by partition
}

func (c *comparer) add(line []byte) {
	c.lines++
	r, err := parseLine(line)
	if err == nil && r.number >= len(c.seen) {
		err = fmt.Errorf("has the number %d, %d were generated", r.number, len(c.seen)-1)
	}
	if err != nil {
		c.changed++
		c.example("line %d: %v", c.lines, err)
	}
	if r.number < 1 || r.number >= len(c.seen) {
		return
	}
	if c.seen[r.number] {
		c.duplicated++
		c.example("line %d: record %d is repeated", c.lines, r.number)
		return
	}
	c.seen[r.number] = true
	if r.number < c.last[r.partition] {
		c.misordered++
		c.example("line %d: record %d comes after %d in partition %s", c.lines, r.number, c.last[r.partition], r.partition)
		return
	}
	c.last[r.partition] = r.number
}

func (c *comparer) example(format string, args ...any) {
	if len(c.examples) < maxExamples {
		c.examples = append(c.examples, fmt.Sprintf(format, args...))
	}
}

// returned is what a line of the output says about a generated record.
type returned struct {
	number    int // 0 where the line doesn't tell
	partition string
}

// fromKafka is a record as the source made it of a message: the value is the
// generated record.
type fromKafka struct {
	Metadata struct {
		Partition string `json:"kafka.partition"`
	} `json:"metadata"`
	Key     []byte `json:"key"`
	Payload struct {
		After []byte `json:"after"`
	} `json:"payload"`
}

// generated is a record as the destination wrote it into a message's value.
type generated struct {
	Position []byte `json:"position"`
	Metadata struct {
		SHA256 string `json:"sha256"`
	} `json:"metadata"`
	Key     []byte `json:"key"`
	Payload struct {
		After json.RawMessage `json:"after"`
	} `json:"payload"`
}

// parseLine returns an error where the record is not what was generated.
func parseLine(line []byte) (returned, error) {
	var outer fromKafka
	if err := json.Unmarshal(line, &outer); err != nil {
		return returned{}, fmt.Errorf("is no record: %w", err)
	}
	var inner generated
	if err := json.Unmarshal(outer.Payload.After, &inner); err != nil {
		return returned{}, fmt.Errorf("has no generated record as its payload: %w", err)
	}
	number, err := strconv.Atoi(string(inner.Position))
	if err != nil || number < 1 {
		return returned{}, fmt.Errorf("has the position %q, which the generator doesn't make", inner.Position)
	}
	r := returned{number: number, partition: outer.Metadata.Partition}
	switch {
	case inner.digest() != inner.Metadata.SHA256:
		return r, fmt.Errorf("record %d doesn't have the SHA-256 of what was generated", number)
	case !bytes.Equal(outer.Key, inner.Key):
		return r, fmt.Errorf("record %d has the Kafka key %q, generated was %q", number, outer.Key, inner.Key)
	}
	return r, nil
}

// digest is what the pipeline's digest processor computes.
func (g *generated) digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %s", g.Position, g.Key, []byte(g.Payload.After))
	return hex.EncodeToString(h.Sum(nil))
}
