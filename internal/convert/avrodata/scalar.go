package avrodata

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/twmb/avro"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// scalar returns a value that is neither a record nor a list or map. Where it is strict a
// text is of a logical type only if that is decoded to the same text.
func (c *Codec) scalar(s *avro.SchemaNode, v any, strict bool) (any, error) {
	out, err := c.convert(s, v, strict)
	text, isText := v.(string)
	decode := logical[s.LogicalType]
	if err != nil || !strict || !isText || decode == nil {
		return out, err
	}
	if again, err := decode(out, s); err != nil || again != text {
		return nil, fmt.Errorf("%q is not a %s as it is", text, s.LogicalType)
	}
	return out, nil
}

func (c *Codec) convert(s *avro.SchemaNode, v any, strict bool) (any, error) {
	switch s.Type {
	case "null":
		if v == nil {
			return nil, nil
		}
	case "boolean":
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case "int", "long":
		return whole(s, v, strict)
	case "float":
		return plain.ToFloat32(v, strict)
	case "double":
		f, err := plain.ToFloat(v, strict)
		return f, err
	case "string":
		if text, ok := v.(string); ok && utf8.ValidString(text) {
			return text, nil
		}
	case "bytes", "fixed":
		return octets(s, v, strict)
	case "enum":
		text, ok := v.(string)
		if ok && c.lookup.symbols[s][text] {
			return text, nil
		}
		return nil, fmt.Errorf("%v is not a symbol of enum %s", v, s.Name)
	}
	return nil, fmt.Errorf("it is %s, and not a %s", plain.Kind(v), s.Type)
}

// whole is an int or a long. Dates and times may be texts as well, whose digits beyond the
// unit of the type are cut off.
func whole(s *avro.SchemaNode, v any, strict bool) (any, error) {
	n, err := moment(s, v)
	if err != nil {
		return nil, err
	}
	if n == nil {
		number, err := plain.ToInt(v, strict)
		if err != nil {
			return nil, err
		}
		n = &number
	}
	if s.Type == "long" {
		return *n, nil
	}
	if *n < math.MinInt32 || *n > math.MaxInt32 {
		return nil, fmt.Errorf("%d is not an int of 32 bits", *n)
	}
	return int32(*n), nil
}

// octets is bytes or fixed.
func octets(s *avro.SchemaNode, v any, strict bool) ([]byte, error) {
	b, ok := v.([]byte)
	text, isText := v.(string)
	switch {
	case ok:
	case s.LogicalType == "decimal":
		return decimalBytes(s, v)
	case s.LogicalType == "uuid" && isText:
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not a UUID", text)
		}
		b = id[:]
	case isText && !strict:
		var err error
		if b, err = base64.StdEncoding.DecodeString(text); err != nil {
			return nil, fmt.Errorf("it is a text, and not bytes or their base64")
		}
	default:
		return nil, fmt.Errorf("it is %s, and not bytes", plain.Kind(v))
	}
	if s.Type == "fixed" && len(b) != s.Size {
		return nil, fmt.Errorf("it has %d bytes, and fixed %s has %d", len(b), s.Name, s.Size)
	}
	return b, nil
}

// decimalBytes is the unscaled number in two's complement.
func decimalBytes(s *avro.SchemaNode, v any) ([]byte, error) {
	unscaled, err := plain.ToUnscaled(v, s.Scale)
	if err != nil {
		return nil, err
	}
	if digits := len(new(big.Int).Abs(unscaled).String()); digits > s.Precision && s.Precision > 0 {
		return nil, fmt.Errorf("the decimal has %d digits, and the schema allows %d", digits, s.Precision)
	}
	b := plain.TwosComplement(unscaled)
	if s.Type == "bytes" {
		return b, nil
	}
	if len(b) > s.Size {
		return nil, fmt.Errorf("the decimal needs %d bytes, and fixed %s has %d", len(b), s.Name, s.Size)
	}
	fill := byte(0)
	if unscaled.Sign() < 0 {
		fill = 0xff
	}
	return append(slices.Repeat([]byte{fill}, s.Size-len(b)), b...), nil
}
