package protodata

import (
	"fmt"
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

func scalar(f protoreflect.FieldDescriptor, v any) (protoreflect.Value, error) {
	switch f.Kind() {
	case protoreflect.BoolKind:
		if b, ok := v.(bool); ok {
			return protoreflect.ValueOfBool(b), nil
		}
	case protoreflect.StringKind:
		if text, ok := v.(string); ok && utf8.ValidString(text) {
			return protoreflect.ValueOfString(text), nil
		}
	case protoreflect.BytesKind:
		b, err := plain.ToBytes(v)
		return protoreflect.ValueOfBytes(b), err
	case protoreflect.EnumKind:
		return enum(f, v)
	case protoreflect.FloatKind:
		n, err := plain.ToFloat32(v, false)
		return protoreflect.ValueOfFloat32(n), err
	case protoreflect.DoubleKind:
		n, err := plain.ToFloat(v, false)
		return protoreflect.ValueOfFloat64(n), err
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		n, err := plain.ToUint(v)
		return protoreflect.ValueOfUint64(n), err
	default:
		return whole(f, v)
	}
	return protoreflect.Value{}, fmt.Errorf("it is %s, and not a %v", plain.Kind(v), f.Kind())
}

// whole is a whole number that an int64 can hold.
func whole(f protoreflect.FieldDescriptor, v any) (protoreflect.Value, error) {
	n, err := plain.ToInt(v, false)
	if err != nil {
		return protoreflect.Value{}, err
	}
	switch f.Kind() {
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		if n >= math.MinInt32 && n <= math.MaxInt32 {
			return protoreflect.ValueOfInt32(int32(n)), nil
		}
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		if n >= 0 && n <= math.MaxUint32 {
			return protoreflect.ValueOfUint32(uint32(n)), nil
		}
	default:
		return protoreflect.ValueOfInt64(n), nil
	}
	return protoreflect.Value{}, fmt.Errorf("%d is not of type %v", n, f.Kind())
}

// enum is given by its name, or by its number.
func enum(f protoreflect.FieldDescriptor, v any) (protoreflect.Value, error) {
	if name, ok := v.(string); ok {
		if known := f.Enum().Values().ByName(protoreflect.Name(name)); known != nil {
			return protoreflect.ValueOfEnum(known.Number()), nil
		}
		return protoreflect.Value{}, fmt.Errorf("%q is not in enum %s", name, f.Enum().FullName())
	}
	n, err := plain.ToInt(v, false)
	if err != nil || n < math.MinInt32 || n > math.MaxInt32 {
		return protoreflect.Value{}, fmt.Errorf("it is %s, and not in enum %s", plain.Kind(v), f.Enum().FullName())
	}
	return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n)), nil
}
