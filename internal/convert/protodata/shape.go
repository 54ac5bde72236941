package protodata

import (
	"google.golang.org/protobuf/reflect/protoreflect"
)

// shape is the fields that a well-known message has. A schema may have a message of such a
// name and other fields, which is treated as any message is: as a well-known one it might
// lead to itself without an end.
type shape map[protoreflect.Name]kind

// kind is that of a field, which is neither a list nor a map unless it says so.
type kind struct {
	kind    protoreflect.Kind
	of      protoreflect.FullName // a message, an enum, or the message of a map's values
	isList  bool
	isTexts bool // a map of texts
}

func (s shape) fits(m protoreflect.MessageDescriptor) bool {
	fields := m.Fields()
	if fields.Len() != len(s) {
		return false
	}
	for i := range fields.Len() {
		f := fields.Get(i)
		if want, ok := s[f.Name()]; !ok || want != kindOf(f) {
			return false
		}
	}
	return true
}

func kindOf(f protoreflect.FieldDescriptor) kind {
	k := kind{kind: f.Kind(), isList: f.IsList()}
	if f.IsMap() {
		k.isTexts = f.MapKey().Kind() == protoreflect.StringKind
		f = f.MapValue()
	}
	switch {
	case f.Message() != nil:
		k.of = f.Message().FullName()
	case f.Enum() != nil:
		k.of = f.Enum().FullName()
	}
	return k
}

var (
	seconds = shape{"seconds": {kind: protoreflect.Int64Kind}, "nanos": {kind: protoreflect.Int32Kind}}
	shapes  = map[protoreflect.FullName]shape{
		"google.protobuf.Timestamp": seconds,
		"google.protobuf.Duration":  seconds,
		"google.protobuf.Struct":    {"fields": {kind: protoreflect.MessageKind, of: "google.protobuf.Value", isTexts: true}},
		"google.protobuf.ListValue": {"values": {kind: protoreflect.MessageKind, of: "google.protobuf.Value", isList: true}},
		"google.protobuf.Value": {
			"null_value":   {kind: protoreflect.EnumKind, of: "google.protobuf.NullValue"},
			"number_value": {kind: protoreflect.DoubleKind},
			"string_value": {kind: protoreflect.StringKind},
			"bool_value":   {kind: protoreflect.BoolKind},
			"struct_value": {kind: protoreflect.MessageKind, of: "google.protobuf.Struct"},
			"list_value":   {kind: protoreflect.MessageKind, of: "google.protobuf.ListValue"},
		},
		"google.protobuf.DoubleValue": wrapped(protoreflect.DoubleKind),
		"google.protobuf.FloatValue":  wrapped(protoreflect.FloatKind),
		"google.protobuf.Int64Value":  wrapped(protoreflect.Int64Kind),
		"google.protobuf.UInt64Value": wrapped(protoreflect.Uint64Kind),
		"google.protobuf.Int32Value":  wrapped(protoreflect.Int32Kind),
		"google.protobuf.UInt32Value": wrapped(protoreflect.Uint32Kind),
		"google.protobuf.BoolValue":   wrapped(protoreflect.BoolKind),
		"google.protobuf.StringValue": wrapped(protoreflect.StringKind),
		"google.protobuf.BytesValue":  wrapped(protoreflect.BytesKind),
		"confluent.type.Decimal":      {"value": {kind: protoreflect.BytesKind}, "precision": {kind: protoreflect.Uint32Kind}, "scale": {kind: protoreflect.Int32Kind}},
	}
)

func wrapped(k protoreflect.Kind) shape { return shape{"value": {kind: k}} }

// known returns what a table has for a well-known message; false if the message is none.
func known[T any](table map[protoreflect.FullName]T, m protoreflect.MessageDescriptor) (T, bool) {
	of, ok := table[m.FullName()]
	return of, ok && shapes[m.FullName()].fits(m)
}
