package protodata

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// decoding is that of one message.
type decoding struct{ budget *budget.Budget }

// object returns the fields of a message by their names in the schema. One that is not
// set is null where the message knows that, and else its default.
func (d *decoding) object(m protoreflect.Message) (any, error) {
	if value, ok := known(wellKnown, m.Descriptor()); ok {
		return value(d, m)
	}
	fields := m.Descriptor().Fields()
	if err := d.budget.Take(budget.Object(fields.Len())); err != nil {
		return nil, err
	}
	out := make(map[string]any, fields.Len())
	for i := range fields.Len() {
		f := fields.Get(i)
		var v any
		var err error
		if !f.HasPresence() || m.Has(f) {
			v, err = d.field(f, m.Get(f))
		}
		if err != nil {
			return nil, within(f, err)
		}
		out[string(f.Name())] = v
	}
	return out, nil
}

func (d *decoding) field(f protoreflect.FieldDescriptor, v protoreflect.Value) (any, error) {
	switch {
	case f.IsMap():
		return d.entries(f, v.Map())
	case f.IsList():
		list := v.List()
		if err := d.budget.Take(budget.List(list.Len())); err != nil {
			return nil, err
		}
		out := make([]any, list.Len())
		for i := range out {
			var err error
			if out[i], err = d.single(f, list.Get(i)); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return d.single(f, v)
}

// entries are those of a map, whose keys become texts.
func (d *decoding) entries(f protoreflect.FieldDescriptor, m protoreflect.Map) (any, error) {
	if err := d.budget.Take(budget.Object(m.Len())); err != nil {
		return nil, err
	}
	out := make(map[string]any, m.Len())
	var err error
	m.Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
		var item any
		text := plain.Text(k.String())
		if _, taken := out[text]; taken {
			err = plain.SameName(text)
			return false
		}
		item, err = d.single(f.MapValue(), v)
		out[text] = item
		return err == nil
	})
	return out, err
}

func (d *decoding) single(f protoreflect.FieldDescriptor, v protoreflect.Value) (any, error) {
	if err := d.budget.Take(budget.Scalar); err != nil {
		return nil, err
	}
	switch f.Kind() {
	case protoreflect.BoolKind:
		return v.Bool(), nil
	case protoreflect.StringKind:
		text := plain.Text(v.String())
		return text, d.budget.Take(budget.Text(len(text)))
	case protoreflect.BytesKind:
		if err := d.budget.Take(budget.Text(len(v.Bytes()))); err != nil {
			return nil, err
		}
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
		return d.object(v.Message())
	}
	return v.Int(), nil // the signed integers
}

// within says in which field an error is. It says no more once the error is long: a
// message may have a long name, and be in itself many times.
func within(f protoreflect.FieldDescriptor, err error) error {
	if !printable.Is(err.Error()) {
		return err
	}
	return fmt.Errorf("field %s: %w", printable.Text(string(f.Name())), err)
}
