// Package opencdcjson encodes records as the SDK's default format, opencdc/json,
// does, byte for byte, in a fraction of its time: most of a destination's CPU went
// into reflection over five fixed fields. What is not common in records of raw data
// is left to the encoder that the SDK uses.
package opencdcjson

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/goccy/go-json"
)

// Encoder encodes records. It is for one goroutine.
type Encoder struct {
	fields []field // of the last record's metadata, sorted
	chunk  []byte  // what is left of it holds the next records
}

// field is a key of metadata.
type field struct {
	name   string
	quoted string // with the colon and, but for the first field, the comma
}

// chunkSize makes allocations rare, and little memory be held by one small record.
const chunkSize = 64 << 10

// Encode returns the JSON of a record. Its error, as its panic, is that of a value in
// structured data that has no form in JSON.
func (e *Encoder) Encode(r *opencdc.Record) ([]byte, error) {
	if !e.common(r) {
		return json.Marshal(*r)
	}
	if need := e.room(r); need > cap(e.chunk)-len(e.chunk) {
		e.chunk = make([]byte, 0, max(need, chunkSize))
	}
	start := len(e.chunk)
	b, err := e.append(e.chunk, r)
	if err != nil {
		return nil, err
	}
	e.chunk = b
	return b[start:len(b):len(b)], nil
}

// common tells whether append knows the record's operation and fields.
func (e *Encoder) common(r *opencdc.Record) bool {
	return r.Operation >= opencdc.OperationCreate && r.Operation <= opencdc.OperationSnapshot && e.sort(r.Metadata)
}

// room is about as much as a record takes.
func (e *Encoder) room(r *opencdc.Record) int {
	const rest = 128 // names, quotes and the operation
	n := rest + base64.StdEncoding.EncodedLen(len(r.Position))
	for _, f := range e.fields {
		n += len(f.quoted) + len(r.Metadata[f.name]) + len(`""`)
	}
	for _, d := range []opencdc.Data{r.Key, r.Payload.Before, r.Payload.After} {
		if raw, ok := d.(opencdc.RawData); ok {
			n += base64.StdEncoding.EncodedLen(len(raw))
		}
	}
	return n
}

func (e *Encoder) append(b []byte, r *opencdc.Record) ([]byte, error) {
	b = append(b, `{"position":`...)
	b = appendBytes(b, r.Position)
	b = append(b, `,"operation":"`...)
	b = append(b, r.Operation.String()...)
	b = append(b, `","metadata":`...)
	b, err := e.appendMetadata(b, r.Metadata)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		name string
		data opencdc.Data
	}{
		{`,"key":`, r.Key},
		{`,"payload":{"before":`, r.Payload.Before},
		{`,"after":`, r.Payload.After},
	} {
		b = append(b, part.name...)
		if b, err = appendData(b, part.data); err != nil {
			return nil, err
		}
	}
	return append(b, `}}`...), nil
}

func appendData(b []byte, d opencdc.Data) ([]byte, error) {
	switch d := d.(type) {
	case nil:
		return append(b, `null`...), nil
	case opencdc.RawData:
		return appendBytes(b, d), nil
	}
	return appendAny(b, d)
}

func appendAny(b []byte, v any) ([]byte, error) {
	more, err := json.Marshal(v)
	return append(b, more...), err
}

func appendBytes(b, v []byte) []byte {
	if v == nil {
		return append(b, `null`...)
	}
	b = append(b, '"')
	b = base64.StdEncoding.AppendEncode(b, v)
	return append(b, '"')
}

func (e *Encoder) appendMetadata(b []byte, m opencdc.Metadata) ([]byte, error) {
	if m == nil {
		return append(b, `null`...), nil
	}
	b = append(b, '{')
	for _, f := range e.fields {
		b = append(b, f.quoted...)
		value := m[f.name]
		if isPlain(value) {
			b = append(b, '"')
			b = append(b, value...)
			b = append(b, '"')
			continue
		}
		var err error
		if b, err = appendAny(b, value); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// sort lists the fields of metadata in order. Records of one topic mostly have the
// same. It returns false for names that it doesn't know the order of.
func (e *Encoder) sort(m opencdc.Metadata) bool {
	if e.fits(m) {
		return true
	}
	e.fields = e.fields[:0]
	for name := range m {
		if !isPlain(name) {
			e.fields = e.fields[:0]
			return false
		}
		e.fields = append(e.fields, field{name, `"` + name + `":`})
	}
	slices.SortFunc(e.fields, func(a, b field) int { return strings.Compare(a.quoted, b.quoted) })
	for i := range e.fields[min(1, len(e.fields)):] {
		e.fields[i+1].quoted = "," + e.fields[i+1].quoted
	}
	return true
}

func (e *Encoder) fits(m opencdc.Metadata) bool {
	if len(m) != len(e.fields) {
		return false
	}
	for i := range e.fields {
		if _, ok := m[e.fields[i].name]; !ok {
			return false
		}
	}
	return true
}

// isPlain tells whether a text stands in JSON as it is.
func isPlain(s string) bool {
	for i := range len(s) {
		if !plain[s[i]] {
			return false
		}
	}
	return true
}

var plain = func() (p [256]bool) {
	for c := byte(' '); c <= '~'; c++ {
		p[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return p
}()
