// Package plain makes the values of structured data, the same ones whatever format they
// were decoded from: nil, bool, int64, float64, json.Number, string, []byte, []any and
// map[string]any. Conduit's protocol for plugin processes and its JSON take no others,
// neither times nor decimals of any library, nor numbers that are not finite.
package plain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// Data is a value as the key or the payload of a record. An object is structured data and
// null is nil. All else is raw data, which can't be structured: a text and bytes as they
// are, numbers, booleans and lists as JSON.
func Data(v any) (opencdc.Data, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return opencdc.StructuredData(v), nil
	case string:
		return opencdc.RawData(v), nil
	case []byte:
		return opencdc.RawData(v), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // which makes six bytes of one
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write the value as JSON: %w", err)
	}
	return opencdc.RawData(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// exactDigits is how many significant decimal digits each float64 keeps.
const exactDigits = 15

// Number is a number in JSON without the loss of a digit: an int64 where it is a whole
// number that fits, a float64 where it has at most 15 significant digits, and else a
// json.Number, which is the text.
func Number(text json.Number) any {
	s := string(text)
	if !strings.ContainsAny(s, ".eE") {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && s != "-0" {
			return n
		}
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && significant(s) <= exactDigits && (f != 0 || isZero(s)) && math.Abs(f) >= smallestExact {
		return f
	} else if err == nil && isZero(s) {
		return f
	}
	return text
}

// smallestExact is where float64 begins to have fewer digits: below it numbers are
// subnormal.
const smallestExact = 0x1p-1022

// significant counts the digits of a number in JSON between the first and the last that
// are not zero.
func significant(s string) int {
	mantissa, _, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(s, "-")), "e")
	return len(strings.Trim(strings.Replace(mantissa, ".", "", 1), "0"))
}

func isZero(s string) bool { return significant(s) == 0 }

// Float is a floating-point number: itself if it is finite, or else the text NaN,
// Infinity or -Infinity, as JSON has no number for it.
func Float(f float64) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return f
}

// Float32 is a floating-point number of 32 bits: the float64 with the same digits, 0.1
// and not 0.10000000149011612.
func Float32(f float32) any {
	wide := float64(f)
	if math.IsNaN(wide) || math.IsInf(wide, 0) {
		return Float(wide)
	}
	digits := strconv.FormatFloat(wide, 'g', -1, 32)
	same, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return wide
	}
	return same
}

// Uint is a whole number without a sign: an int64 where it fits, or else a json.Number.
func Uint(n uint64) any {
	if n <= math.MaxInt64 {
		return int64(n)
	}
	return json.Number(strconv.FormatUint(n, 10))
}

// Text is a text in UTF-8. What is no UTF-8 in it is replaced by U+FFFD, as JSON and
// Conduit's protocol can't carry it.
func Text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// SameName is the error of a map in which two names become the same text by Text, so that
// a value would be lost.
func SameName(text string) error {
	shown := printable.Text(strings.ReplaceAll(text, "\uFFFD", "?"))
	return fmt.Errorf("two names of a map differ only in what is no UTF-8 in them, a ? here: %s", shown)
}
