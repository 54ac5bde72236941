package connectjson

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// bits are those of the integers.
var bits = map[string]int{"int8": 8, "int16": 16, "int32": 32, "int64": 64}

func (s *schema) primitive(v any) (any, error) {
	switch s.Type {
	case "boolean":
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case "string":
		if text, ok := v.(string); ok {
			return text, nil
		}
	case "bytes":
		return base64Bytes(v)
	case "float", "double":
		return s.float(v)
	default:
		return integer(v, bits[s.Type])
	}
	return nil, fmt.Errorf("it is %s, and not a %s", kind(v), s.Type)
}

func (s *schema) float(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return nil, fmt.Errorf("%s is too large for a %s", v, s.Type)
		}
		return f, nil
	case string: // as Jackson writes numbers that are not finite
		if v == "NaN" || v == "Infinity" || v == "-Infinity" {
			return v, nil
		}
	}
	return nil, fmt.Errorf("it is %s, and not a %s", kind(v), s.Type)
}

func integer(v any, bits int) (any, error) {
	n, ok := v.(json.Number)
	if !ok {
		return nil, fmt.Errorf("it is %s, and not an int%d", kind(v), bits)
	}
	i, err := strconv.ParseInt(string(n), 10, bits)
	if err != nil {
		return nil, fmt.Errorf("%s is not an int%d", n, bits)
	}
	return i, nil
}

func base64Bytes(v any) ([]byte, error) {
	text, ok := v.(string)
	if !ok {
		return nil, fmt.Errorf("it is %s, and not bytes in base64", kind(v))
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("it is not bytes in base64: %w", err)
	}
	return b, nil
}

// logical makes texts of the values of Kafka Connect's logical types. It returns false for
// all others, whose names say nothing about how they are written.
func (s *schema) logical(v any) (string, bool, error) {
	switch s.Name {
	case decimal:
		text, err := s.decimal(v)
		return text, true, err
	case date:
		days, err := integer(v, 32)
		if err != nil {
			return "", true, err
		}
		text, err := plain.Date(days.(int64))
		return text, true, err
	case timeOfDay, timestamp:
		ms, err := integer(v, 64)
		if err != nil {
			return "", true, err
		}
		text, err := ofMillis(s.Name, ms.(int64))
		return text, true, err
	}
	return "", false, nil
}

func ofMillis(name string, ms int64) (string, error) {
	if name == timestamp {
		return plain.Timestamp(time.UnixMilli(ms))
	}
	const day = 24 * 60 * 60 * 1000
	return plain.TimeOfDay(time.Duration(max(min(ms, day), -1)) * time.Millisecond)
}

// decimal reads both forms of decimal.format: bytes of the unscaled number, or a number.
func (s *schema) decimal(v any) (string, error) {
	if n, ok := v.(json.Number); ok {
		return scaled(n, s.scale)
	}
	b, err := base64Bytes(v)
	if err != nil {
		return "", err
	}
	return plain.Decimal(b, s.scale)
}

// scaled gives a number the digits after its point that the scale says. It has no more.
func scaled(n json.Number, scale int) (string, error) {
	const longest = 1000 // also of an exponent, which may ask for gigabytes
	if exponent := strings.IndexAny(string(n), "eE"); len(n) > longest || exponent >= 0 && len(n)-exponent > len("e+100") {
		return "", fmt.Errorf("the decimal has too many digits")
	}
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		return "", fmt.Errorf("%s is not a decimal", n)
	}
	if fraction(string(n)) > max(scale, 0) {
		return "", fmt.Errorf("the decimal %s has more than %d digits after its point", n, max(scale, 0))
	}
	return r.FloatString(max(scale, 0)), nil
}

// fraction is how many digits a number in JSON has after its point, without zeros at the end.
func fraction(n string) int {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(n), "e")
	whole, after, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimRight(whole+after, "0")
	if strings.Trim(digits, "-0") == "" {
		return 0
	}
	shift, _ := strconv.Atoi(exponent) // of none: 0
	return len(digits) - len(whole) - shift
}

// kind names what JSON has in place of what the schema says.
func kind(v any) string {
	switch v.(type) {
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return "a text"
	case []any:
		return "a list"
	}
	return "an object"
}
