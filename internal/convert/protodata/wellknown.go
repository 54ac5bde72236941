package protodata

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// wellKnown are the messages that stand for one value.
var wellKnown map[protoreflect.FullName]func(*decoding, protoreflect.Message) (any, error)

func init() { // as they refer to each other
	wellKnown = map[protoreflect.FullName]func(*decoding, protoreflect.Message) (any, error){
		"google.protobuf.Timestamp": timestamp,
		"google.protobuf.Duration":  duration,
		"google.protobuf.Struct":    inner("fields"),
		"google.protobuf.ListValue": inner("values"),
		"google.protobuf.Value":     dynamicValue,
		"confluent.type.Decimal":    decimal,
	}
	for _, name := range []string{"Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes"} {
		wellKnown[protoreflect.FullName("google.protobuf."+name+"Value")] = inner("value")
	}
}

// inner is for a message that stands for one of its fields.
func inner(name protoreflect.Name) func(*decoding, protoreflect.Message) (any, error) {
	return func(d *decoding, m protoreflect.Message) (any, error) {
		f := m.Descriptor().Fields().ByName(name)
		return d.field(f, m.Get(f))
	}
}

// dynamicValue is any value of JSON.
func dynamicValue(d *decoding, m protoreflect.Message) (any, error) {
	kind := m.Descriptor().Oneofs().ByName("kind")
	if kind == nil {
		return nil, errors.New("google.protobuf.Value has no kind")
	}
	f := m.WhichOneof(kind)
	if f == nil || f.Name() == "null_value" {
		return nil, nil
	}
	return d.field(f, m.Get(f))
}

// number is a field of signed whole numbers, which the message has: see shapes.
func number(m protoreflect.Message, name protoreflect.Name) int64 {
	return m.Get(m.Descriptor().Fields().ByName(name)).Int()
}

func timestamp(_ *decoding, m protoreflect.Message) (any, error) {
	text, err := plain.Timestamp(time.Unix(number(m, "seconds"), number(m, "nanos")))
	return text, err
}

// duration is in ISO 8601, in seconds.
func duration(_ *decoding, m protoreflect.Message) (any, error) {
	seconds, nanos := number(m, "seconds"), number(m, "nanos")
	if nanos <= -1e9 || nanos >= 1e9 || seconds > 0 && nanos < 0 || seconds < 0 && nanos > 0 || seconds == math.MinInt64 {
		return nil, fmt.Errorf("%d s and %d ns are not a duration", seconds, nanos)
	}
	sign := ""
	if seconds < 0 || nanos < 0 {
		sign, seconds, nanos = "-", -seconds, -nanos
	}
	fraction := strings.TrimRight(fmt.Sprintf(".%09d", nanos), "0")
	return fmt.Sprintf("%sPT%d%sS", sign, seconds, strings.TrimSuffix(fraction, ".")), nil
}

func decimal(d *decoding, m protoreflect.Message) (any, error) {
	f := m.Descriptor().Fields().ByName("value")
	text, err := plain.Decimal(m.Get(f).Bytes(), int(number(m, "scale")))
	if err != nil {
		return nil, err
	}
	return text, d.budget.Take(budget.Text(len(text)))
}
