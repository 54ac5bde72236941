package jsonschema

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
)

const (
	// maxDigits bounds numbers and their exponents, which the library writes out: more
	// than a float64 has.
	maxDigits = 400
	// maxNodes bounds the objects, lists and booleans of a schema. The library looks for each among
	// all others.
	maxNodes = 10_000
)

// checkNumbers refuses numbers that take too long to calculate with. It returns how deep
// the value is.
func checkNumbers(v any) (int, error) {
	deepest := 0
	within := func(item any) error {
		depth, err := checkNumbers(item)
		deepest = max(deepest, depth+1)
		return err
	}
	switch v := v.(type) {
	case json.Number:
		_, exponent, _ := strings.Cut(strings.ToLower(string(v)), "e")
		if n, err := strconv.Atoi("0" + strings.TrimLeft(exponent, "+-")); err != nil || n > maxDigits || len(v) > maxDigits {
			return 0, fmt.Errorf("a number of more than %d digits is not supported", maxDigits)
		}
	case []any:
		for _, item := range v {
			if err := within(item); err != nil {
				return 0, err
			}
		}
	case map[string]any:
		for _, item := range v {
			if err := within(item); err != nil {
				return 0, err
			}
		}
	}
	return deepest, nil
}

// checker looks at the schemas of a codec before the library does.
type checker struct {
	nodes  int
	budget *budget.Budget
}

func (c *checker) parse(text string) (any, error) {
	if err := budget.JSONDepth(text); err != nil {
		return nil, err
	}
	document, err := unmarshal([]byte(text))
	if err != nil {
		return nil, err
	}
	if _, err := checkNumbers(document); err != nil {
		return nil, err
	}
	return document, c.walk(document, 0)
}

// walk counts what is in a schema. The library names each part by all names around it.
func (c *checker) walk(v any, around int) error {
	var items []any
	switch v := v.(type) {
	case []any:
		items = v
		around += len("/1234567")
	case map[string]any:
		for name, item := range v {
			if err := c.walk(item, around+len("/")+len(name)); err != nil {
				return err
			}
		}
	case bool: // which is a schema, too
	default:
		return nil
	}
	if c.nodes++; c.nodes > maxNodes {
		return fmt.Errorf("it has more than %d objects, lists and booleans", maxNodes)
	}
	if err := c.budget.Take(budget.Text(around)); err != nil {
		return err
	}
	for _, item := range items {
		if err := c.walk(item, around); err != nil {
			return err
		}
	}
	return nil
}

// count is how many values a value has.
func count(v any) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += count(item)
		}
	case map[string]any:
		for _, item := range v {
			n += count(item)
		}
	}
	return n
}
