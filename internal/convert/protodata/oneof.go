package protodata

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// alone refuses a field that another takes the place of: itself under its other name, or
// another member of its oneof.
func alone(m protoreflect.Message, f protoreflect.FieldDescriptor, name string, given map[string]any, p plain.Path) error {
	if given[name] == nil {
		return nil
	}
	if other := f.TextName(); other != name && given[other] != nil {
		return fmt.Errorf("%v and %v are the same field of message %s", p.In(name), p.In(other), m.Descriptor().FullName())
	}
	if of := f.ContainingOneof(); isMember(f) {
		if other := m.WhichOneof(of); other != nil && other != f {
			return fmt.Errorf("%v and %v are both set, and are members of oneof %s, which has one", p.In(string(other.Name())), p.In(name), of.Name())
		}
	}
	return nil
}

// isMember reports whether a field is a member of a oneof, not of the one that makes it
// optional.
func isMember(f protoreflect.FieldDescriptor) bool {
	return f.ContainingOneof() != nil && !f.ContainingOneof().IsSynthetic()
}
