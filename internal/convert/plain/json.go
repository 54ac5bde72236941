package plain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
)

// ParseJSON decodes one value in JSON, whose numbers keep all their digits. What it costs
// is bounded (see package budget).
func ParseJSON(data []byte) (any, error) {
	if err := budget.New().JSON(data); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, notJSON(data, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("there is something after the JSON value, which ends at byte %d", d.InputOffset())
	}
	return Numbers(v)
}

// notJSON explains an error of the decoder, whose own texts are about streams.
func notJSON(data []byte, err error) error {
	switch {
	case len(data) == 0:
		return errors.New("it is empty, and not JSON")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it is not JSON: it ends in the middle of a value")
	}
	return fmt.Errorf("it is not JSON: %w", err)
}

// Numbers replaces in place the numbers of a value by those of Number, and returns it. One
// that is nested too deep is an error, and so is a number beyond those of float64, which
// Conduit's protocol can't carry.
func Numbers(v any) (any, error) { return numbers(v, 0) }

func numbers(v any, depth int) (any, error) {
	if depth > budget.Depth {
		return nil, budget.ErrDepth
	}
	var err error
	switch v := v.(type) {
	case json.Number:
		if _, err := v.Float64(); err != nil {
			return nil, fmt.Errorf("%s is not a number of 64 bits: up to 1.8e308", v)
		}
		return Number(v), nil
	case []any:
		for i := range v {
			if v[i], err = numbers(v[i], depth+1); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name, item := range v {
			switch item.(type) {
			case json.Number, []any, map[string]any:
				if v[name], err = numbers(item, depth+1); err != nil {
					return nil, err
				}
			}
		}
	}
	return v, nil
}
