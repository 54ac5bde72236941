package protodata

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// fromWellKnown are the messages that stand for one value: see wellKnown.
var fromWellKnown map[protoreflect.FullName]func(m protoreflect.Message, v any, p plain.Path) error

func init() {
	fromWellKnown = map[protoreflect.FullName]func(protoreflect.Message, any, plain.Path) error{
		"google.protobuf.Timestamp": fromTimestamp,
		"google.protobuf.Duration":  fromDuration,
		"google.protobuf.Struct":    fromInner("fields"),
		"google.protobuf.ListValue": fromInner("values"),
		"google.protobuf.Value":     fromDynamicValue,
		"confluent.type.Decimal":    fromDecimal,
	}
	for _, name := range []string{"Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes"} {
		fromWellKnown[protoreflect.FullName("google.protobuf."+name+"Value")] = fromInner("value")
	}
}

func fromInner(name protoreflect.Name) func(protoreflect.Message, any, plain.Path) error {
	return func(m protoreflect.Message, v any, p plain.Path) error { return setNamed(m, name, v, p) }
}

// setNamed sets a field of a name that the message has: see shapes.
func setNamed(m protoreflect.Message, name protoreflect.Name, v any, p plain.Path) error {
	return set(m, m.Descriptor().Fields().ByName(name), v, p)
}

func fromDynamicValue(m protoreflect.Message, v any, p plain.Path) error {
	switch v := v.(type) {
	case nil:
		return setNamed(m, "null_value", 0, p)
	case bool:
		return setNamed(m, "bool_value", v, p)
	case string:
		return setNamed(m, "string_value", v, p)
	}
	if _, ok := plain.Object(v); ok {
		return setNamed(m, "struct_value", v, p)
	}
	if _, ok := plain.List(v); ok {
		return setNamed(m, "list_value", v, p)
	}
	return setNamed(m, "number_value", v, p)
}

func fromTimestamp(m protoreflect.Message, v any, p plain.Path) error {
	t, ok := v.(time.Time)
	if text, isText := v.(string); isText {
		var err error
		t, err = time.Parse(time.RFC3339, text)
		ok = err == nil
	}
	if !ok {
		return fmt.Errorf("%v: %v is not a timestamp in RFC 3339", p, v)
	}
	return setSeconds(m, t.Unix(), int64(t.Nanosecond()), p)
}

func setSeconds(m protoreflect.Message, seconds, nanos int64, p plain.Path) error {
	if err := setNamed(m, "seconds", seconds, p); err != nil {
		return err
	}
	return setNamed(m, "nanos", nanos, p)
}

// isoDuration is a duration without days and more, which are not of a certain length.
var isoDuration = regexp.MustCompile(`^(-?)PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(\.\d{1,9})?S)?$`)

func fromDuration(m protoreflect.Message, v any, p plain.Path) error {
	if d, ok := v.(time.Duration); ok {
		return setSeconds(m, int64(d/time.Second), int64(d%time.Second), p)
	}
	text, _ := v.(string)
	parts := isoDuration.FindStringSubmatch(text)
	if parts == nil {
		return fmt.Errorf("%v: %v is not a duration in ISO 8601 of hours, minutes and seconds", p, v)
	}
	var seconds, nanos int64
	for i, unit := range []int64{3600, 60, 1} {
		n, ok := new(big.Int).SetString("0"+parts[2+i], 10)
		if !ok || n.BitLen() > 40 {
			return fmt.Errorf("%v: %v is too long a duration", p, v)
		}
		seconds += n.Int64() * unit
	}
	if parts[5] != "" {
		digits := parts[5][1:] + strings.Repeat("0", 10-len(parts[5]))
		if _, err := fmt.Sscanf(digits, "%d", &nanos); err != nil {
			return fmt.Errorf("%v: %v is no duration: %w", p, v, err)
		}
	}
	if parts[1] == "-" {
		seconds, nanos = -seconds, -nanos
	}
	return setSeconds(m, seconds, nanos, p)
}

// fromDecimal has the scale of the text.
func fromDecimal(m protoreflect.Message, v any, p plain.Path) error {
	_, fraction, _ := strings.Cut(fmt.Sprint(v), ".")
	scale := len(fraction)
	unscaled, err := plain.ToUnscaled(v, scale)
	if err != nil {
		return fmt.Errorf("%v: %w", p, err)
	}
	digits := len(new(big.Int).Abs(unscaled).String())
	for name, part := range map[protoreflect.Name]any{"value": plain.TwosComplement(unscaled), "precision": digits, "scale": scale} {
		if err := setNamed(m, name, part, p); err != nil {
			return err
		}
	}
	return nil
}
