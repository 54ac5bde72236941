package kafka

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// StartConfig is where a source starts to read a partition.
type StartConfig struct {
	// Where to start in partitions without a committed offset: at the first record if
	// true, otherwise at the end, with records that are written after the source has
	// opened.
	ReadFromBeginning bool `json:"readFromBeginning"`
	// Where to start in partitions without a committed offset: earliest, latest, a
	// time as in 2026-01-31T08:00:00Z (the first record at or after it), or offsets as
	// topic:partition:offset, separated by commas.
	StartAt []string `json:"startAt"`
	// Where to resume when the next offset to read is no longer in the log, for
	// example because retention deleted it, or when the group has lost its offsets,
	// for example because they expired, and the source would otherwise start at the
	// end: earliest, latest, or error (the source fails).
	AutoOffsetReset string `json:"autoOffsetReset" default:"earliest"`
}

// start is where to start, out of the settings.
type start struct {
	at            consumer.StartAt
	fromBeginning bool // where at says nothing
	reset         consumer.ResetPolicy
}

func (c *StartConfig) resolve(t topics) (start, error) {
	reset, resetErr := c.resetPolicy()
	at, fromBeginning, err := c.startsAt()
	errs := []error{resetErr, err}
	if c.ReadFromBeginning && err == nil && (!fromBeginning || !at.Time.IsZero()) {
		errs = append(errs, setting.Invalid("startAt", fmt.Sprintf("%s contradicts readFromBeginning, which is on", strings.Join(c.StartAt, ",")), ""))
	}
	for topic := range at.Offsets {
		if !slices.Contains(t.names, topic) && (t.match == nil || !t.match(topic)) {
			errs = append(errs, setting.Invalid("startAt", fmt.Sprintf("%q is not among the topics to read", topic), ""))
		}
	}
	return start{at, fromBeginning, reset}, errors.Join(errs...)
}

func (c *StartConfig) resetPolicy() (consumer.ResetPolicy, error) {
	switch c.AutoOffsetReset {
	case "earliest":
		return consumer.ResetEarliest, nil
	case "latest":
		return consumer.ResetLatest, nil
	case "error":
		return consumer.ResetError, nil
	}
	return 0, setting.Invalid("autoOffsetReset", fmt.Sprintf("%q is unknown: earliest, latest or error", c.AutoOffsetReset), "")
}

// startsAt reads startAt. Partitions for which it names no offset start at the first
// record if fromBeginning.
func (c *StartConfig) startsAt() (at consumer.StartAt, fromBeginning bool, err error) {
	places := setting.List(c.StartAt)
	if len(places) == 0 {
		return at, c.ReadFromBeginning, nil
	}
	if len(places) == 1 {
		switch places[0] {
		case "earliest":
			return at, true, nil
		case "latest":
			return at, false, nil
		}
		if at.Time, err = time.Parse(time.RFC3339, places[0]); err == nil {
			if at.Time.Before(time.Unix(0, 0)) {
				return at, false, setting.Invalid("startAt", fmt.Sprintf("%s is not allowed: Kafka's times begin with 1970", places[0]), "")
			}
			return at, false, nil
		}
	}
	at.Time = time.Time{}
	at.Offsets = make(map[string]map[int32]int64)
	var errs []error
	for _, p := range places {
		errs = append(errs, addPlace(at.Offsets, p))
	}
	return at, c.ReadFromBeginning, errors.Join(errs...)
}

// addPlace reads a place of the form topic:partition:offset.
func addPlace(to map[string]map[int32]int64, place string) error {
	parts := strings.Split(place, ":")
	if len(parts) != 3 || setting.CheckTopic(parts[0]) != nil {
		return setting.Invalid("startAt", fmt.Sprintf("%q is none of earliest, latest, a time (RFC 3339) and a list of topic:partition:offset", place), "orders:0:1500,orders:1:1720")
	}
	partition, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil || partition < 0 {
		return setting.Invalid("startAt", fmt.Sprintf("%q: the partition must be a number of 0 to %d", place, math.MaxInt32), "")
	}
	offset, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || offset < 0 {
		return setting.Invalid("startAt", fmt.Sprintf("%q: the offset must be a number of 0 or more", place), "")
	}
	if _, ok := to[parts[0]][int32(partition)]; ok {
		return setting.Invalid("startAt", fmt.Sprintf("%q: an offset of this partition is already given", place), "")
	}
	if to[parts[0]] == nil {
		to[parts[0]] = make(map[int32]int64)
	}
	to[parts[0]][int32(partition)] = offset
	return nil
}
