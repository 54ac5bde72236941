package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/lab"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

func (c *client) arguments(l *lab.Lab, cell result.Cell, round int, more []string) ([]string, error) {
	role, duration := c.role, c.duration
	switch role {
	case result.Growth: // all records, however long it takes
		role, duration = result.Source, guard
	case result.WriteGrowth:
		role, duration = result.Destination, guard
	case result.LateAcks:
		role, duration = result.Source, c.wholeIntervals()
	case result.ReadLatency:
		duration = c.reading(cell)
	case result.ExactlyOnce:
		role = result.Destination
	}
	args := []string{"-role=" + string(role), "-client=" + c.library, "-servers=" + strings.Join(l.Servers, ","),
		"-codec=" + cell.Codec, "-size=" + strconv.Itoa(cell.Size), "-for=" + duration.String()}
	if cell.Records > 0 {
		args = append(args, "-records="+strconv.FormatInt(cell.Records, 10))
	}
	args = append(append(args, c.args...), more...)
	if round == warmUpRound {
		return args, nil
	}
	name, err := c.profile(cell, c.label, round)
	if name != "" {
		args = append(args, "-cpuprofile="+name+".cpu", "-memprofile="+name+".allocs")
	}
	return args, err
}

// reading is how long the latency of reading is measured: longer where few records come.
func (o options) reading(cell result.Cell) time.Duration {
	if cell.PerSecond() < 10 {
		return 2 * o.duration
	}
	return o.duration
}

// wholeIntervals is the time of a run, rounded up to one that ends with an ack: a
// reader that waits for acks reads in bursts, and a part of one would distort the rate.
func (o options) wholeIntervals() time.Duration {
	return (o.duration + lateAcks - 1).Truncate(lateAcks)
}

// profile is what the names of a run's profiles start with, empty for none.
func (o options) profile(cell result.Cell, contender string, round int) (string, error) {
	if o.profiles == "" {
		return "", nil
	}
	if err := os.MkdirAll(o.profiles, 0o755); err != nil {
		return "", fmt.Errorf("make directory for profiles: %w", err)
	}
	return filepath.Join(o.profiles, fileName(fmt.Sprintf("%s %s %s %d", cell.Part, cell, contender, round))), nil
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9.=]+`)

// fileName is a text that can be a file's name.
func fileName(text string) string { return strings.Trim(notInNames.ReplaceAllString(text, "-"), "-") }
