// Package protodata decodes Protobuf messages, as Confluent's serializers write them, into
// plain values, and encodes these.
package protodata

import (
	"encoding/binary"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
)

// Codec is what a file says. Its methods may be called from any goroutine.
type Codec struct {
	file    protoreflect.FileDescriptor
	measure bool // data is measured however small it is
}

// Decode decodes a message. Before it stands which one of the file it is.
// What it costs is bounded (see package budget).
func (c *Codec) Decode(data []byte) (any, error) {
	of, data, err := c.message(data)
	if err != nil {
		return nil, err
	}
	if len(data) > budget.Small || c.measure {
		if err := measure(budget.New(), of, data, 0); err != nil {
			return nil, fmt.Errorf("decode message %s: %w", of.FullName(), err)
		}
	}
	m := dynamicpb.NewMessage(of)
	if err := (proto.UnmarshalOptions{AllowPartial: true, RecursionLimit: budget.Depth}).Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("decode message %s: %w", of.FullName(), err)
	}
	d := decoding{budget.New()}
	v, err := d.object(m)
	if err != nil {
		return nil, fmt.Errorf("decode message %s: %w", of.FullName(), err)
	}
	return v, nil
}

// message returns the message that the indexes before the data lead to, the first of the
// file, the second in that and so on, and the data.
func (c *Codec) message(data []byte) (protoreflect.MessageDescriptor, []byte, error) {
	next := func() (int, error) {
		n, size := binary.Varint(data)
		if size <= 0 || n < 0 || n > 1<<20 {
			return 0, errors.New("which message of the schema it is does not stand before it, as Confluent's serializers write it")
		}
		data = data[size:]
		return int(n), nil
	}
	depth, err := next()
	if err != nil {
		return nil, nil, err
	}
	within := c.file.Messages()
	for i := range max(depth, 1) { // a depth of 0 stands for the first message
		index := 0
		if depth > 0 {
			if index, err = next(); err != nil {
				return nil, nil, err
			}
		}
		if index >= within.Len() {
			return nil, nil, fmt.Errorf("the schema has no message %d at depth %d", index, i+1)
		}
		m := within.Get(index)
		if i >= depth-1 {
			return m, data, nil
		}
		within = m.Messages()
	}
	panic("unreachable")
}
