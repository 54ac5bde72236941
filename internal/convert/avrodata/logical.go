package avrodata

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/avro"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// logical decodes the logical types that become texts. The library's own values for them,
// such as time.Time and big.Rat, are not plain.
var logical = map[string]func(any, *avro.SchemaNode) (string, error){
	"date":                   ofInt(func(n int64) (string, error) { return plain.Date(n) }),
	"time-millis":            ofInt(timeOfDay(time.Millisecond)),
	"time-micros":            ofInt(timeOfDay(time.Microsecond)),
	"timestamp-millis":       ofInt(func(n int64) (string, error) { return plain.Timestamp(time.UnixMilli(n)) }),
	"timestamp-micros":       ofInt(func(n int64) (string, error) { return plain.Timestamp(time.UnixMicro(n)) }),
	"timestamp-nanos":        ofInt(func(n int64) (string, error) { return plain.Timestamp(time.Unix(0, n)) }),
	"local-timestamp-millis": ofInt(func(n int64) (string, error) { return plain.LocalTimestamp(time.UnixMilli(n)) }),
	"local-timestamp-micros": ofInt(func(n int64) (string, error) { return plain.LocalTimestamp(time.UnixMicro(n)) }),
	"local-timestamp-nanos":  ofInt(func(n int64) (string, error) { return plain.LocalTimestamp(time.Unix(0, n)) }),
	"decimal":                decimal,
	"big-decimal":            bigDecimal,
	"duration":               duration,
	"uuid":                   uuidText,
}

func logicalTypes() []avro.SchemaOpt {
	var options []avro.SchemaOpt
	for name, decode := range logical {
		options = append(options, avro.WithCustomType(avro.CustomType{
			LogicalType: name,
			Decode:      func(v any, s *avro.SchemaNode) (any, error) { return decode(v, s) },
		}))
	}
	return options
}

// ofInt is for what is an int or a long.
func ofInt(text func(int64) (string, error)) func(any, *avro.SchemaNode) (string, error) {
	return func(v any, _ *avro.SchemaNode) (string, error) {
		switch n := v.(type) {
		case int32:
			return text(int64(n))
		case int64:
			return text(n)
		}
		return "", fmt.Errorf("%T is not a whole number", v)
	}
}

func timeOfDay(unit time.Duration) func(int64) (string, error) {
	return func(n int64) (string, error) {
		day := int64(24 * time.Hour / unit)
		return plain.TimeOfDay(time.Duration(max(min(n, day), -1)) * unit)
	}
}

func decimal(v any, s *avro.SchemaNode) (string, error) {
	b, ok := v.([]byte)
	if !ok {
		return "", fmt.Errorf("%T is not bytes", v)
	}
	return plain.Decimal(b, s.Scale)
}

func bigDecimal(v any, _ *avro.SchemaNode) (string, error) {
	b, _ := v.([]byte)
	unscaled, scale, err := bigDecimalParts(b)
	if err != nil {
		return "", err
	}
	return plain.Decimal(unscaled, scale)
}

// bigDecimalParts are those of the bytes of a big-decimal: the bytes of the unscaled
// number and the scale, both as Avro encodes them.
func bigDecimalParts(b []byte) ([]byte, int, error) {
	size, n := binary.Varint(b)
	if n <= 0 || size < 0 || size > int64(len(b)-n) {
		return nil, 0, errors.New("the bytes are not a big-decimal")
	}
	unscaled, rest := b[n:n+int(size)], b[n+int(size):]
	scale, n := binary.Varint(rest)
	if n <= 0 || int64(int32(scale)) != scale {
		return nil, 0, errors.New("the bytes are not a big-decimal")
	}
	return unscaled, int(scale), nil
}

func duration(v any, _ *avro.SchemaNode) (string, error) {
	b, ok := v.([]byte)
	if !ok || len(b) != 12 {
		return "", fmt.Errorf("%T is not twelve bytes", v)
	}
	return avro.DurationFromBytes(b).String(), nil
}

// uuidText is for both forms, a string and fixed bytes.
func uuidText(v any, _ *avro.SchemaNode) (string, error) {
	switch v := v.(type) {
	case string:
		return plain.Text(v), nil
	case []byte:
		id, err := uuid.FromBytes(v)
		return id.String(), err
	}
	return "", fmt.Errorf("%T is not a UUID", v)
}
