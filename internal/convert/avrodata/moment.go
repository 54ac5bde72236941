package avrodata

import (
	"fmt"
	"strings"
	"time"

	"github.com/twmb/avro"
)

// units are those of the logical types of a time.
var units = map[string]time.Duration{
	"time-millis": time.Millisecond, "timestamp-millis": time.Millisecond, "local-timestamp-millis": time.Millisecond,
	"time-micros": time.Microsecond, "timestamp-micros": time.Microsecond, "local-timestamp-micros": time.Microsecond,
	"timestamp-nanos": time.Nanosecond, "local-timestamp-nanos": time.Nanosecond,
}

// moment is the number of a date or a time; nil if the schema or the value is none.
func moment(s *avro.SchemaNode, v any) (*int64, error) {
	var n int64
	t, isTime := v.(time.Time)
	text, isText := v.(string)
	if !isTime && !isText || s.LogicalType == "" {
		return nil, nil
	}
	var err error
	unit := units[s.LogicalType]
	switch s.LogicalType {
	case "date":
		if isText {
			t, err = time.Parse(time.DateOnly, text)
		}
		n = floor(t.Unix(), 24*60*60)
	case "time-millis", "time-micros":
		if isText {
			t, err = time.Parse("15:04:05", text)
		}
		midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
		n = int64(t.Sub(midnight) / unit)
	case "local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos":
		if isText {
			t, err = time.Parse("2006-01-02T15:04:05", text)
		}
		n = since1970(t, unit)
	case "timestamp-millis", "timestamp-micros", "timestamp-nanos":
		if isText {
			t, err = time.Parse(time.RFC3339, text)
		}
		n = since1970(t, unit)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%q is not a %s", text, s.LogicalType)
	}
	if strings.Contains(s.LogicalType, "timestamp") && !isSince1970(t, n, unit) {
		return nil, fmt.Errorf("the year %d is not in %s: 64 bits of nanoseconds are the years 1678 to 2261", t.Year(), s.LogicalType)
	}
	return &n, nil
}

func since1970(t time.Time, unit time.Duration) int64 {
	switch unit {
	case time.Millisecond:
		return t.UnixMilli()
	case time.Microsecond:
		return t.UnixMicro()
	}
	return t.UnixNano()
}

// isSince1970 reports whether a number is the instant, which may have digits beyond the unit.
func isSince1970(t time.Time, n int64, unit time.Duration) bool {
	at := time.Unix(0, n)
	switch unit {
	case time.Millisecond:
		at = time.UnixMilli(n)
	case time.Microsecond:
		at = time.UnixMicro(n)
	}
	beyond := t.Sub(at)
	return beyond >= 0 && beyond < unit
}

func floor(n, by int64) int64 {
	if n < 0 {
		n -= by - 1
	}
	return n / by
}
