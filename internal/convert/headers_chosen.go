package convert

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// chosenFields are the fields of metadata that headersFromMetadata makes headers of.
type chosenFields struct {
	names    []string // whole
	patterns []string // with a *
}

func newChosenFields(list []string) (chosenFields, error) {
	const name, example = "headersFromMetadata", "opencdc.collection,tenant.*"
	var c chosenFields
	var errs []error
	for _, item := range setting.List(list) {
		switch {
		case strings.HasPrefix(item, headerFamily):
			errs = append(errs, setting.Invalid(name, fmt.Sprintf("%q is a field that the source makes of headers: forwardHeaders makes headers of these again", item), example))
		case strings.ContainsAny(item, `?[]\/`):
			errs = append(errs, setting.Invalid(name, fmt.Sprintf("%q is not the name of a metadata field, in which * may stand for any text", item), example))
		case strings.Contains(item, "*"):
			c.patterns = append(c.patterns, item)
		default:
			c.names = append(c.names, item)
		}
	}
	slices.Sort(c.names)
	c.names = slices.Compact(c.names)
	return c, errors.Join(errs...)
}

// append appends a header for each field that is chosen, in the order of their names,
// except for those that dst[from:] already has: a header that came with the record stays
// as it is.
func (c *chosenFields) append(dst []recordbatch.Header, from int, metadata opencdc.Metadata) []recordbatch.Header {
	start := len(dst)
	add := func(name, value string) {
		if !slices.ContainsFunc(dst[from:], func(h recordbatch.Header) bool { return h.Key == name }) {
			dst = append(dst, recordbatch.Header{Key: name, Value: readOnly(value)})
		}
	}
	for _, name := range c.names {
		if value, ok := metadata[name]; ok {
			add(name, value)
		}
	}
	if len(c.patterns) > 0 {
		for name, value := range metadata {
			if !strings.HasPrefix(name, headerFamily) && c.match(name) {
				add(name, value)
			}
		}
	}
	sortHeaders(dst[start:])
	return dst
}

func (c *chosenFields) match(name string) bool {
	name = strings.ReplaceAll(name, "/", ".") // at which a * would end
	return slices.ContainsFunc(c.patterns, func(pattern string) bool {
		ok, _ := path.Match(pattern, name) // newChosenFields refuses what is no pattern
		return ok
	})
}
