package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/groupadmin"
)

// targetFlags are the flags that say where to reset to, named as those of
// kafka-consumer-groups.sh.
type targetFlags struct {
	given []string
	to    groupadmin.Target
	err   error
}

func (t *targetFlags) register(f *flag.FlagSet) {
	whole := func(name string, place groupadmin.Place, usage string) {
		f.BoolFunc(name, usage, func(value string) error {
			if on, err := strconv.ParseBool(value); err != nil || !on {
				t.err = errors.Join(t.err, fmt.Errorf("-%s: it takes no value", name))
			}
			t.set(name, place)
			return nil
		})
	}
	whole("to-earliest", groupadmin.AtEarliest, "reset to the first record in the log")
	whole("to-latest", groupadmin.AtLatest, "reset to the end of the log: what is written from now on")
	whole("to-current", groupadmin.AtCurrent, "reset to what is committed, as far as it is in the log")
	f.Func("to-offset", "reset to an `offset`, or to the end of the log that is nearer", t.number("to-offset", groupadmin.AtOffset, &t.to.Offset, 0))
	f.Func("shift-by", "reset to the committed offset plus `n`, which may be negative", t.number("shift-by", groupadmin.ByShift, &t.to.Shift, math.MinInt64))
	f.Func("to-datetime", "reset to the first record at or after a `time`, as in 2026-01-31T06:00:00Z; without a zone it is UTC", func(value string) error {
		at, err := parseTime(value)
		t.take("to-datetime", groupadmin.AtTime, at, err)
		return nil
	})
	f.Func("by-duration", "reset to the first record that is not older than a `duration`, as in 1h30m or PT1H30M", func(value string) error {
		ago, err := parseDuration(value)
		t.take("by-duration", groupadmin.AtTime, time.Now().Add(-ago), err)
		return nil
	})
	f.Func("from-file", "reset to the offsets of a CSV `file`, lines of topic,partition,offset", func(value string) error {
		t.set("from-file", groupadmin.AtNamed)
		file, err := os.Open(value)
		if err == nil {
			defer file.Close()
			if t.to.Named, err = groupadmin.ReadCSV(file); err != nil {
				err = fmt.Errorf("%s: %w", value, err)
			}
		}
		t.fail("from-file", err)
		return nil
	})
}

func (t *targetFlags) set(name string, place groupadmin.Place) {
	if !slices.Contains(t.given, name) {
		t.given = append(t.given, name)
	}
	t.to.Place = place
}

func (t *targetFlags) fail(name string, err error) {
	if err != nil {
		t.err = errors.Join(t.err, fmt.Errorf("-%s: %w", name, err))
	}
}

func (t *targetFlags) take(name string, place groupadmin.Place, at time.Time, err error) {
	t.set(name, place)
	t.to.Time = at
	t.fail(name, err)
}

func (t *targetFlags) number(name string, place groupadmin.Place, to *int64, least int64) func(string) error {
	return func(value string) error {
		t.set(name, place)
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < least {
			err = fmt.Errorf("%q is not a whole number", value)
			if least == 0 {
				err = fmt.Errorf("%q is not an offset: a number of 0 or more; see -to-earliest and -to-latest", value)
			}
		}
		*to = n
		t.fail(name, err)
		return nil
	}
}

// resolve reports what is wrong with the flags.
func (t *targetFlags) resolve() error {
	switch {
	case t.err != nil:
		return t.err
	case len(t.given) == 0:
		return errors.New("say where to reset to: -to-earliest, -to-latest, -to-current, -to-offset, -to-datetime, -by-duration, -shift-by or -from-file")
	case len(t.given) > 1:
		return fmt.Errorf("give one place to reset to, not several: -%s", strings.Join(t.given, ", -"))
	}
	return nil
}

func parseTime(value string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, value)
	if err != nil {
		at, err = time.Parse("2006-01-02T15:04:05", value)
	}
	if err != nil {
		return at, fmt.Errorf("%q is not a time as in 2026-01-31T06:00:00Z", value)
	}
	if at.Before(time.Unix(0, 0)) {
		return at, fmt.Errorf("%q is not allowed: Kafka's times begin with 1970", value)
	}
	return at, nil
}

// isoDuration is a duration as Kafka's tool takes it.
var isoDuration = regexp.MustCompile(`^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$`)

func parseDuration(value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if m := isoDuration.FindStringSubmatch(value); m != nil {
		days, _ := strconv.ParseInt("0"+m[1], 10, 32)
		d, err = time.ParseDuration("0" + m[2] + "h0" + m[3] + "m0" + m[4] + "s")
		d += time.Duration(days) * 24 * time.Hour
	}
	if ago := time.Since(time.Unix(0, 0)); err != nil || d <= 0 || d > ago {
		return 0, fmt.Errorf("%q is not a duration of some past time, as in 1h30m or PT1H30M", value)
	}
	return d, nil
}

// topicFlags are topics, with nil for all of their partitions.
type topicFlags map[string][]int32

// String returns nothing: there is no default.
func (t *topicFlags) String() string { return "" }

// Set adds a topic.
func (t *topicFlags) Set(value string) error {
	topic, list, some := strings.Cut(value, ":")
	if topic == "" {
		return errors.New("it is a topic, or partitions of one as in orders:0,3")
	}
	if *t == nil {
		*t = make(topicFlags)
	}
	ids, before := (*t)[topic]
	if !some {
		(*t)[topic] = nil
		return nil
	}
	if before && ids == nil {
		return nil // all
	}
	for text := range strings.SplitSeq(list, ",") {
		id, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
		if err != nil || id < 0 {
			return fmt.Errorf("%q is not the number of a partition, as in orders:0,3", text)
		}
		ids = append(ids, int32(id))
	}
	slices.Sort(ids)
	(*t)[topic] = slices.Compact(ids)
	return nil
}
