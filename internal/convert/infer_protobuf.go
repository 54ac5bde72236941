package convert

import (
	"fmt"
	"strings"
)

// message writes a message of Protobuf, with those of its fields within.
func (i *inference) message(name string, v any, depth int) error {
	indent := strings.Repeat("  ", depth)
	fmt.Fprintf(&i.text, "message %s {\n", name)
	number := 0
	err := i.fields(v, depth, func(field string, item any) error {
		if err := checkName(field); err != nil {
			return err
		}
		label, kind := "optional", kindOf(item)
		if kind == "list" {
			item = first(item)
			label, kind = "repeated", kindOf(item)
		}
		switch kind {
		case "list":
			return fmt.Errorf("the field %q is a list of lists, which Protobuf does not have", field)
		case "object":
			kind = "Of_" + field
			i.text.WriteString(indent)
			if err := i.message(kind, item, depth+1); err != nil {
				return err
			}
			if label == "optional" {
				label = "" // messages know whether they are set
			}
		default:
			if proto, ok := map[string]string{"long": "int64", "boolean": "bool"}[kind]; ok {
				kind = proto
			}
		}
		number++
		fmt.Fprintf(&i.text, "%s%s = %d;\n", indent, strings.TrimSpace(label+" "+kind+" "+field), number)
		return nil
	})
	i.text.WriteString(indent[2:] + "}\n")
	return err
}
