package avrodata

import (
	"encoding/binary"
	"errors"

	"github.com/twmb/avro"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
)

var errShort = errors.New("the data does not fit the schema: it ends in the middle of a value")

// measurer takes from a budget what decoding will take in memory. It walks over the data
// as the library does, and makes no values.
type measurer struct {
	c    *Codec
	b    *budget.Budget
	data []byte
}

func (m *measurer) long() (int64, error) {
	n, size := binary.Varint(m.data)
	if size <= 0 {
		return 0, errShort
	}
	m.data = m.data[size:]
	return n, nil
}

// skip takes bytes from the data.
func (m *measurer) skip(n int64) ([]byte, error) {
	if n < 0 || n > int64(len(m.data)) {
		return nil, errShort
	}
	b := m.data[:n]
	m.data = m.data[n:]
	return b, nil
}

func (m *measurer) node(s *avro.SchemaNode, depth int) error {
	if depth > budget.Depth {
		return budget.ErrDepth
	}
	s = m.c.resolve(s)
	switch s.Type {
	case "record":
		if err := m.b.Take(budget.Object(len(s.Fields))); err != nil {
			return err
		}
		for i := range s.Fields {
			if err := m.node(&s.Fields[i].Type, depth+1); err != nil {
				return err
			}
		}
		return nil
	case "array":
		return m.blocks(func() error { return m.node(s.Items, depth+1) })
	case "map":
		return m.blocks(func() error {
			if err := m.text(s, budget.Object(1)); err != nil {
				return err
			}
			return m.node(s.Values, depth+1)
		})
	case "union":
		i, err := m.long()
		if err != nil || i < 0 || i >= int64(len(s.Branches)) {
			return errShort
		}
		return m.node(&s.Branches[i], depth+1)
	}
	return m.scalar(s)
}

// blocks are those of a list or a map.
func (m *measurer) blocks(item func() error) error {
	if err := m.b.Take(budget.List(0)); err != nil {
		return err
	}
	for {
		n, err := m.long()
		if err != nil || n == 0 {
			return err
		}
		if n < 0 {
			if _, err := m.long(); err != nil { // the size of the block
				return err
			}
			n = -n
		}
		for ; n != 0; n-- {
			if err := m.b.Take(budget.List(1) - budget.List(0)); err != nil {
				return err
			}
			if err := item(); err != nil {
				return err
			}
		}
	}
}

func (m *measurer) scalar(s *avro.SchemaNode) error {
	size := int64(0)
	switch s.Type {
	case "null":
		return m.b.Take(budget.Scalar)
	case "boolean":
		size = 1
	case "float":
		size = 4
	case "double":
		size = 8
	case "fixed":
		if err := m.b.Take(budget.Sum(budget.Text(s.Scale), budget.Times(s.Size, 4))); err != nil {
			return err
		}
		size = int64(s.Size)
	case "bytes", "string":
		return m.text(s, 0)
	default: // int, long, enum
		if _, err := m.long(); err != nil {
			return err
		}
	}
	if _, err := m.skip(size); err != nil {
		return err
	}
	return m.b.Take(budget.Text(64)) // of a logical type
}

// text is a text or bytes, which may be a decimal of more digits.
func (m *measurer) text(s *avro.SchemaNode, more int) error {
	n, err := m.long()
	if err != nil {
		return err
	}
	b, err := m.skip(n)
	if err != nil {
		return err
	}
	scale := s.Scale
	if s.LogicalType == "big-decimal" {
		if _, scale, err = bigDecimalParts(b); err != nil {
			return err
		}
	}
	if s.LogicalType != "" {
		more += 4*len(b) + max(scale, -scale)
	}
	return m.b.Take(budget.Text(len(b)) + more)
}
