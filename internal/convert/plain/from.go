package plain

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"

	"github.com/conduitio/conduit-commons/opencdc"
)

// What records hold that this connector did not decode need not be plain: sources and
// processors have numbers of all sizes, maps and lists of their own types.

// Object returns an object; false if the value is none.
func Object(v any) (map[string]any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return v, v != nil
	case opencdc.StructuredData:
		return v, v != nil
	}
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Map || r.Type().Key().Kind() != reflect.String || r.IsNil() {
		return nil, false
	}
	out := make(map[string]any, r.Len())
	for it := r.MapRange(); it.Next(); {
		out[it.Key().String()] = it.Value().Interface()
	}
	return out, true
}

// List returns a list; false if the value is none. Bytes are none.
func List(v any) ([]any, bool) {
	if list, ok := v.([]any); ok {
		return list, true
	}
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Slice || r.Type().Elem().Kind() == reflect.Uint8 {
		return nil, false
	}
	out := make([]any, r.Len())
	for i := range out {
		out[i] = r.Index(i).Interface()
	}
	return out, true
}

// Len is the length of a text, of bytes, of a list or an object; 0 of all else.
func Len(v any) int {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return r.Len()
	}
	return 0
}

// Kind names what a value is, for errors.
func Kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a text"
	case []byte:
		return "bytes"
	case json.Number:
		return "a number"
	}
	r := reflect.ValueOf(v)
	switch {
	case r.CanInt(), r.CanUint():
		return "a whole number"
	case r.CanFloat():
		return "a floating-point number"
	case r.Kind() == reflect.Map:
		return "an object"
	case r.Kind() == reflect.Slice:
		return "a list"
	}
	return fmt.Sprintf("a %T", v)
}

// ToInt returns a whole number. Unless it is strict, a floating-point number will do that
// has no fraction: after a plugin process all numbers are.
func ToInt(v any, strict bool) (int64, error) {
	r := reflect.ValueOf(v)
	switch {
	case r.IsValid() && r.CanInt():
		return r.Int(), nil
	case r.IsValid() && r.CanUint() && r.Uint() <= math.MaxInt64:
		return int64(r.Uint()), nil
	case r.IsValid() && r.CanFloat() && !strict:
		if f := r.Float(); f == math.Trunc(f) && f >= -1<<63 && f < 1<<63 {
			return int64(f), nil
		}
		return 0, fmt.Errorf("%v is not a whole number of 64 bits", v)
	}
	if n, ok := v.(json.Number); ok {
		i, err := strconv.ParseInt(string(n), 10, 64)
		if err == nil {
			return i, nil
		}
	}
	return 0, fmt.Errorf("it is %s, and not a whole number of 64 bits", Kind(v))
}

// ToFloat returns a floating-point number. Unless it is strict, a whole number will do.
func ToFloat(v any, strict bool) (float64, error) {
	switch v := v.(type) {
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return f, nil
		}
	case string:
		switch v {
		case "NaN", "Infinity", "-Infinity":
			return strconv.ParseFloat(v, 64)
		}
	}
	r := reflect.ValueOf(v)
	switch {
	case r.IsValid() && r.CanFloat():
		return r.Float(), nil
	case r.IsValid() && r.CanInt() && !strict:
		return float64(r.Int()), nil
	case r.IsValid() && r.CanUint() && !strict:
		return float64(r.Uint()), nil
	}
	return 0, fmt.Errorf("it is %s, and not a floating-point number", Kind(v))
}

// ToFloat32 returns a floating-point number of 32 bits. Where it is strict it is one that
// Float32 makes the given number of again.
func ToFloat32(v any, strict bool) (float32, error) {
	f, err := ToFloat(v, strict)
	if err != nil {
		return 0, err
	}
	short := float32(f)
	if math.IsInf(float64(short), 0) && !math.IsInf(f, 0) {
		return 0, fmt.Errorf("%v is too large for a float of 32 bits", v)
	}
	if strict && !math.IsNaN(f) && !math.IsInf(f, 0) && Float32(short) != f {
		return 0, fmt.Errorf("%v has more digits than a float of 32 bits", v)
	}
	return short, nil
}

// ToUnscaled returns a decimal number times 10 to the scale. It has no more digits after
// its point than the scale says.
func ToUnscaled(v any, scale int) (*big.Int, error) {
	r, err := rational(v)
	if err != nil {
		return nil, err
	}
	if scale < 0 || scale > 1000 {
		return nil, fmt.Errorf("a decimal with a scale of %d is not supported: 0 to 1000", scale)
	}
	r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
	if !r.IsInt() {
		return nil, fmt.Errorf("the decimal %v has more than %d digits after its point", v, scale)
	}
	return r.Num(), nil
}

func rational(v any) (*big.Rat, error) {
	text := ""
	switch v := v.(type) {
	case *big.Rat:
		return new(big.Rat).Set(v), nil
	case string:
		text = v
	case json.Number:
		text = string(v)
	default:
		r := reflect.ValueOf(v)
		switch {
		case r.IsValid() && r.CanFloat():
			text = strconv.FormatFloat(r.Float(), 'f', -1, 64)
		case r.IsValid() && (r.CanInt() || r.CanUint()):
			text = fmt.Sprint(v)
		}
	}
	const longest = 2000
	if text == "" || len(text) > longest || strings.Trim(text, "+-.0123456789") != "" {
		return nil, fmt.Errorf("it is %s, and not a decimal number", Kind(v))
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%q is not a decimal number", text)
	}
	return r, nil
}

// TwosComplement is the shortest form of a number that Unscaled reads.
func TwosComplement(n *big.Int) []byte {
	if n.Sign() >= 0 {
		b := n.Bytes()
		if len(b) == 0 || b[0]&0x80 != 0 {
			b = append([]byte{0}, b...)
		}
		return b
	}
	size := new(big.Int).Not(n).BitLen()/8 + 1
	return new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size))).FillBytes(make([]byte, size))
}

// ToUint returns a whole number that is not below 0.
func ToUint(v any) (uint64, error) {
	text := ""
	switch v := v.(type) {
	case json.Number:
		text = string(v)
	case uint64:
		return v, nil
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return n, nil
	}
	n, err := ToInt(v, false)
	if err == nil && n < 0 {
		err = fmt.Errorf("%d is below 0", n)
	}
	return uint64(n), err
}

// ToBytes returns bytes, which may be a text in base64: after a plugin process they are.
func ToBytes(v any) ([]byte, error) {
	switch v := v.(type) {
	case []byte:
		return v, nil
	case string:
		if b, err := base64.StdEncoding.DecodeString(v); err == nil {
			return b, nil
		}
	}
	return nil, fmt.Errorf("it is %s, and not bytes or their base64", Kind(v))
}
