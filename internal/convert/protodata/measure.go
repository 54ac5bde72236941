package protodata

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
)

// What the library takes for a message with its first field, and for each value of a list.
const (
	messageCost = 640
	valueCost   = 64
	// smallOneof is how many members a oneof may have where data needs not be measured.
	smallOneof = 256
)

// measure takes from a budget what the library will take in memory to decode a message. It
// looks at messages alone, which take far more than their bytes; what is wrong with the
// data is for the library.
func measure(b *budget.Budget, m protoreflect.MessageDescriptor, data []byte, depth int) error {
	if depth > budget.Depth {
		return budget.ErrDepth
	}
	if err := b.Take(messageCost); err != nil {
		return err
	}
	for len(data) > 0 {
		number, typ, n := protowire.ConsumeTag(data)
		if n < 0 {
			return nil
		}
		value := data[n:]
		if n = protowire.ConsumeFieldValue(number, typ, value); n < 0 {
			return nil
		}
		value, data = value[:n], value[n:]
		f := m.Fields().ByNumber(number)
		if f != nil && f.ContainingOneof() != nil { // the library unsets all others, one by one
			if err := b.Take(f.ContainingOneof().Fields().Len()); err != nil {
				return err
			}
		}
		inner := value
		switch {
		case f == nil:
		case f.Message() == nil:
			cost := valueCost + len(value)
			if f.IsList() && typ == protowire.BytesType && isPackable(f.Kind()) {
				cost += valueCost / 2 * len(value) // small numbers, a byte each
			}
			if err := b.Take(cost); err != nil {
				return err
			}
			continue
		case typ == protowire.BytesType:
			inner, _ = protowire.ConsumeBytes(value)
		case typ == protowire.StartGroupType:
			inner, _ = protowire.ConsumeGroup(number, value)
		}
		if f == nil {
			continue
		}
		if err := measure(b, f.Message(), inner, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// isPackable reports whether a list of values may be packed: all but texts and bytes.
func isPackable(k protoreflect.Kind) bool {
	return k != protoreflect.StringKind && k != protoreflect.BytesKind
}
