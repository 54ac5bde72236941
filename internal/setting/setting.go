// Package setting says what is wrong with a setting: each complaint names the setting,
// what is wrong and what is allowed.
package setting

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Error is a complaint about one setting.
type Error struct {
	Name    string // of the setting, as a pipeline file has it
	Problem string // with what is allowed
	Example string // of a value; may be empty
	Err     error  // what errors.Is finds; may be nil, and is not in the text
}

func (e *Error) Error() string { return e.Name + ": " + e.Reason() }

// Reason is the error without the name of the setting.
func (e *Error) Reason() string {
	if e.Example == "" {
		return e.Problem
	}
	return fmt.Sprintf("%s, for example %q", e.Problem, e.Example)
}

func (e *Error) Unwrap() error { return e.Err }

// What is missing where a connector has no servers or no topic.
var (
	ErrServersMissing = errors.New("servers missing")
	ErrTopicMissing   = errors.New("topic missing")
)

// Invalid returns an Error. The example may be empty.
func Invalid(name, problem, example string) error {
	return &Error{Name: name, Problem: problem, Example: example}
}

// Missing returns an Error about a setting that is required. It also says why one that
// stands in a pipeline file may be missing. The example may be empty, and err, which
// errors.Is finds, nil.
func Missing(name, problem, example string, err error) error {
	return &Error{Name: name, Problem: problem + " (in a pipeline file, a variable that is not set leaves it empty)", Example: example, Err: err}
}

// Within checks that a number or a duration lies between two others, or is one of them.
// The unit, " bytes" for example, follows them in the error; it may be empty.
func Within[T ~int | ~int64](name string, value, lowest, highest T, unit, example string) error {
	if value >= lowest && value <= highest {
		return nil
	}
	return Invalid(name, fmt.Sprintf("%v is not allowed: %v to %v%s", value, lowest, highest, unit), example)
}

// AtLeast checks that a number or a duration is not below another one. The error calls
// what is allowed by the given words.
func AtLeast[T ~int | ~int64](name string, value, lowest T, allowed, example string) error {
	if value >= lowest {
		return nil
	}
	return Invalid(name, fmt.Sprintf("%v is not allowed: %s", value, allowed), example)
}

// Text checks that the protocol can carry a text: it has 16 bits for the length.
func Text(name, text, example string) error {
	if len(text) <= math.MaxInt16 {
		return nil
	}
	return Invalid(name, fmt.Sprintf("it has %d bytes, up to %d are allowed", len(text), math.MaxInt16), example)
}

// List returns the items of a list without the spaces around them, and without empty
// ones.
func List(items []string) []string {
	var out []string
	for _, s := range items {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}
