package protodata

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// Message is one message of a file, to encode.
type Message struct {
	of    protoreflect.MessageDescriptor
	index []byte // which one it is, as Confluent's serializers write it
}

// Message returns a message by its name, with its package or without; the first of the
// file for an empty one.
func (c *Codec) Message(name string) (*Message, error) {
	messages := c.file.Messages()
	if name == "" && messages.Len() > 0 {
		return &Message{messages.Get(0), []byte{0}}, nil
	}
	name = strings.TrimPrefix(name, string(c.file.Package())+".")
	var of protoreflect.MessageDescriptor
	var at []int
	for part := range strings.SplitSeq(name, ".") {
		of = messages.ByName(protoreflect.Name(part))
		if of == nil {
			return nil, fmt.Errorf("the schema has no message %q", name)
		}
		at, messages = append(at, of.Index()), of.Messages()
	}
	if len(at) == 1 && at[0] == 0 {
		return &Message{of, []byte{0}}, nil
	}
	index := binary.AppendVarint(nil, int64(len(at)))
	for _, i := range at {
		index = binary.AppendVarint(index, int64(i))
	}
	return &Message{of, index}, nil
}

// Name returns the message's full name.
func (m *Message) Name() string { return string(m.of.FullName()) }

// Encode encodes a plain value, with which message it is before it. What does not fit is
// an error that names the field.
func (m *Message) Encode(v any) ([]byte, error) {
	out := dynamicpb.NewMessage(m.of)
	if err := fill(out, v, plain.Path{}); err != nil {
		return nil, err
	}
	return proto.MarshalOptions{Deterministic: true}.MarshalAppend(slices.Clone(m.index), out)
}

// fill sets the fields of a message by their names in the schema, or by those in JSON.
func fill(m protoreflect.Message, v any, p plain.Path) error {
	if p.Depth() > budget.Depth {
		return budget.ErrDepth
	}
	if from, ok := known(fromWellKnown, m.Descriptor()); ok {
		return from(m, v, p)
	}
	given, ok := plain.Object(v)
	if !ok {
		return fmt.Errorf("%v is %s, and not an object for message %s", p, plain.Kind(v), m.Descriptor().FullName())
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		f := m.Descriptor().Fields().ByTextName(name)
		if f == nil {
			f = m.Descriptor().Fields().ByJSONName(name)
		}
		if f == nil {
			return fmt.Errorf("%v is not in message %s of the schema", p.In(name), m.Descriptor().FullName())
		}
		if err := alone(m, f, name, given, p); err != nil {
			return err
		}
		if given[name] == nil && isMember(f) {
			continue // also a google.protobuf.Value: decoded, a member that is not set is null
		}
		if err := set(m, f, given[name], p.In(name)); err != nil {
			return err
		}
	}
	return nil
}

// set sets a field. Null leaves it unset.
func set(m protoreflect.Message, f protoreflect.FieldDescriptor, v any, p plain.Path) error {
	switch {
	case v == nil && !isValue(f):
		return nil
	case f.IsMap():
		return setEntries(m.Mutable(f).Map(), f, v, p)
	case f.IsList():
		return setItems(m.Mutable(f).List(), f, v, p)
	}
	value, err := toSingle(f, m.NewField(f), v, p)
	if err == nil {
		m.Set(f, value)
	}
	return err
}

// isValue reports whether a field is a google.protobuf.Value, which may be null itself.
func isValue(f protoreflect.FieldDescriptor) bool {
	return f.Message() != nil && f.Message().FullName() == "google.protobuf.Value" && !f.IsList() && !f.IsMap()
}

func setItems(list protoreflect.List, f protoreflect.FieldDescriptor, v any, p plain.Path) error {
	items, ok := plain.List(v)
	if !ok {
		return fmt.Errorf("%v is %s, and not a list", p, plain.Kind(v))
	}
	for i := range items {
		item, err := toSingle(f, list.NewElement(), items[i], p.In(strconv.Itoa(i)))
		if err != nil {
			return err
		}
		list.Append(item)
	}
	return nil
}

func setEntries(m protoreflect.Map, f protoreflect.FieldDescriptor, v any, p plain.Path) error {
	entries, ok := plain.Object(v)
	if !ok {
		return fmt.Errorf("%v is %s, and not an object for a map", p, plain.Kind(v))
	}
	for name, item := range entries {
		key, err := mapKey(f.MapKey(), name)
		if err != nil {
			return fmt.Errorf("%v: %w", p.In(name), err)
		}
		value, err := toSingle(f.MapValue(), m.NewValue(), item, p.In(name))
		if err != nil {
			return err
		}
		m.Set(key, value)
	}
	return nil
}

// mapKey makes a key of its text.
func mapKey(f protoreflect.FieldDescriptor, text string) (protoreflect.MapKey, error) {
	var v any = text
	switch f.Kind() {
	case protoreflect.StringKind:
	case protoreflect.BoolKind:
		v = text == "true"
		if text != "true" && text != "false" {
			return protoreflect.MapKey{}, fmt.Errorf("the key is not true or false")
		}
	default:
		v = json.Number(text)
	}
	key, err := scalar(f, v)
	if err != nil {
		return protoreflect.MapKey{}, fmt.Errorf("the key is not of type %v", f.Kind())
	}
	return key.MapKey(), nil
}

// toSingle makes a value that is not a list or a map; empty is where a message goes.
func toSingle(f protoreflect.FieldDescriptor, empty protoreflect.Value, v any, p plain.Path) (protoreflect.Value, error) {
	if f.Kind() == protoreflect.MessageKind || f.Kind() == protoreflect.GroupKind {
		return empty, fill(empty.Message(), v, p)
	}
	value, err := scalar(f, v)
	if err != nil {
		return value, fmt.Errorf("%v: %w", p, err)
	}
	return value, nil
}
