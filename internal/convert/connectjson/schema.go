package connectjson

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// schema is one of Kafka Connect's as JsonConverter writes it.
type schema struct {
	Type       string            `json:"type"`
	Optional   bool              `json:"optional"`
	Name       string            `json:"name"`
	Default    any               `json:"default"`
	Parameters map[string]string `json:"parameters"`

	Field  string    `json:"field"`  // the name of a struct's field
	Fields []*schema `json:"fields"` // of a struct
	Items  *schema   `json:"items"`  // of an array
	Keys   *schema   `json:"keys"`   // of a map
	Values *schema   `json:"values"`

	scale int // of a Decimal
}

// The logical types that Kafka Connect defines (org.apache.kafka.connect.data).
const (
	decimal   = "org.apache.kafka.connect.data.Decimal"
	date      = "org.apache.kafka.connect.data.Date"
	timeOfDay = "org.apache.kafka.connect.data.Time"
	timestamp = "org.apache.kafka.connect.data.Timestamp"
)

// types are all but struct, array and map.
var types = []string{"boolean", "int8", "int16", "int32", "int64", "float", "double", "bytes", "string"}

// check reports what is wrong with a schema, and with those in it; depth is how many it is
// in.
func (s *schema) check(at string, depth int) error {
	if at != "" {
		at = " of " + printable.Text(at) // bounded: each level has those above it
	}
	var err error
	switch {
	case depth > budget.Depth:
		return budget.ErrDepth
	case s.Type == "struct":
		for i, f := range s.Fields {
			if f == nil || f.Field == "" {
				return fmt.Errorf("field %d%s has no name", i, at)
			}
			if err := f.check(f.Field+at, depth+1); err != nil {
				return err
			}
		}
	case s.Type == "array" && s.Items != nil:
		return s.Items.check("the items"+at, depth+1)
	case s.Type == "map" && s.Keys != nil && s.Values != nil:
		return errors.Join(s.Keys.check("the keys"+at, depth+1), s.Values.check("the values"+at, depth+1))
	case s.Type == "array" || s.Type == "map":
		return fmt.Errorf("the type %s%s does not say of what", s.Type, at)
	case !slices.Contains(types, s.Type):
		return fmt.Errorf("the type %q%s is unknown", s.Type, at)
	case s.Name == decimal:
		if s.scale, err = strconv.Atoi(s.Parameters["scale"]); err != nil {
			return fmt.Errorf("the decimal%s has no scale", at)
		}
		return plain.CheckScale(s.scale)
	}
	return nil
}
