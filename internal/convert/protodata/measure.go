package protodata

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
)

// What the library takes for a message with its first field, and for each value of a list.
const (
	messageCost = 640
	valueCost   = 64
	// groupCost is what a byte of a group counts: it takes time, not memory.
	groupCost = 4
	// smallOneof is how many members a oneof may have where data needs not be measured.
	smallOneof = 256
)

// measure takes from a budget what the library will take in memory to decode a message. It
// looks at messages alone, which take far more than their bytes; what is wrong with the
// data is for the library. A group counts again in each group around it, as the library goes
// through all that is in one to find its end.
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
		if typ == protowire.StartGroupType {
			if err := b.Take(groupCost * len(value)); err != nil {
				return fmt.Errorf("with its groups counted again at each level that they are nested in, %w", err)
			}
		}
		inner := value // of a group with its end, where it ends
		switch {
		case f == nil:
			continue
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

// needsMeasure reports whether data of some files is to be measured however small it is:
// where a message has a field of a group, or a large oneof.
func needsMeasure(files *protoregistry.Files) bool {
	found := false
	files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		found = anyCostly(f.Messages())
		return !found
	})
	return found
}

func anyCostly(messages protoreflect.MessageDescriptors) bool {
	for i := range messages.Len() {
		m := messages.Get(i)
		for j := range m.Fields().Len() {
			if m.Fields().Get(j).Kind() == protoreflect.GroupKind {
				return true
			}
		}
		for j := range m.Oneofs().Len() {
			if m.Oneofs().Get(j).Fields().Len() > smallOneof {
				return true
			}
		}
		if anyCostly(m.Messages()) {
			return true
		}
	}
	return false
}
