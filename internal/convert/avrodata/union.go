package avrodata

import (
	"errors"
	"fmt"

	"github.com/twmb/avro"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
)

// branch chooses the first branch of a union that a value fits into as it is, or else the
// first that it can be converted to, and names it.
func (c *encoding) branch(s *avro.SchemaNode, v any, p plain.Path) (any, error) {
	if v == nil {
		if !c.nullable(s) {
			return nil, c.misfit(p, errors.New(" is null, and its schema has no null"))
		}
		return nil, nil
	}
	var why error
	for _, strict := range []bool{true, false} {
		for i := range s.Branches {
			b := c.resolve(&s.Branches[i])
			if b.Type == "null" || !strict && isContainer(b) { // which strictness does not change
				continue
			}
			native, err := c.native(b, v, p, strict)
			if err == nil {
				return map[string]any{branchName(b): native}, nil
			}
			if budget.Spent(err) { // on branches within branches
				return nil, err
			}
			if why == nil || b.Type == "record" { // which says most
				why = err
			}
		}
	}
	if why == nil {
		why = fmt.Errorf("%v is %s, and its schema has null alone", p, plain.Kind(v))
	}
	if _, ok := why.(*misfitError); ok { //nolint:errorlint // said once, not at each union around it
		return nil, why
	}
	return nil, &misfitError{why}
}

// misfitError is the error of a value that fits no type of a union.
type misfitError struct{ error }

func (e *misfitError) Error() string { return "no type of a union fits: " + e.error.Error() }
func (e *misfitError) Unwrap() error { return e.error }

func isContainer(s *avro.SchemaNode) bool {
	return s.Type == "record" || s.Type == "array" || s.Type == "map"
}

func branchName(s *avro.SchemaNode) string {
	if s.Name != "" {
		return fullName(s)
	}
	return s.Type
}
