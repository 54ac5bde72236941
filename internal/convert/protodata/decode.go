package protodata

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// object returns the fields of a message by their names in the schema. One that is not
// set is null where the message knows that, and else its default.
func object(m protoreflect.Message) (any, error) {
	if known, ok := wellKnown[m.Descriptor().FullName()]; ok {
		return known(m)
	}
	fields := m.Descriptor().Fields()
	out := make(map[string]any, fields.Len())
	for i := range fields.Len() {
		f := fields.Get(i)
		var v any
		var err error
		if !f.HasPresence() || m.Has(f) {
			v, err = field(f, m.Get(f))
		}
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name(), err)
		}
		out[string(f.Name())] = v
	}
	return out, nil
}

func field(f protoreflect.FieldDescriptor, v protoreflect.Value) (any, error) {
	switch {
	case f.IsMap():
		return entries(f, v.Map())
	case f.IsList():
		list := v.List()
		out := make([]any, list.Len())
		for i := range out {
			var err error
			if out[i], err = single(f, list.Get(i)); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return single(f, v)
}

// entries are those of a map, whose keys become texts.
func entries(f protoreflect.FieldDescriptor, m protoreflect.Map) (any, error) {
	out := make(map[string]any, m.Len())
	var err error
	m.Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
		var item any
		item, err = single(f.MapValue(), v)
		out[plain.Text(k.String())] = item
		return err == nil
	})
	return out, err
}

func single(f protoreflect.FieldDescriptor, v protoreflect.Value) (any, error) {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return v.Bool(), nil
	case protoreflect.StringKind:
		return plain.Text(v.String()), nil
	case protoreflect.BytesKind:
		return append([]byte{}, v.Bytes()...), nil // not nil, which would be null
	case protoreflect.EnumKind:
		if known := f.Enum().Values().ByNumber(v.Enum()); known != nil {
			return string(known.Name()), nil
		}
		return int64(v.Enum()), nil
	case protoreflect.FloatKind:
		return plain.Float32(float32(v.Float())), nil
	case protoreflect.DoubleKind:
		return plain.Float(v.Float()), nil
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind, protoreflect.Fixed32Kind, protoreflect.Fixed64Kind:
		return plain.Uint(v.Uint()), nil
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return object(v.Message())
	}
	return v.Int(), nil // the signed integers
}
