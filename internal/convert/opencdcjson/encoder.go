// Package opencdcjson encodes records as the SDK's default format, opencdc/json,
// does, byte for byte, in a fraction of its time: most of a destination's CPU went
// into reflection over five fixed fields. What is not common in records of raw data
// is left to the encoder that the SDK uses.
package opencdcjson

import (
	"slices"
	"strings"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/goccy/go-json"
	"github.com/segmentio/asm/base64"
)

// Encoder encodes records. It is for one goroutine. The zero value is ready.
type Encoder struct {
	// Prefix begins the names of the metadata fields that Prefixed is about.
	Prefix string

	fields []field  // of the last record's metadata, sorted
	has    bool     // one of their names has the prefix
	chunks [][]byte // hold what was encoded since the last Reset
	at     int      // the chunk that is being filled
}

// Prefixed is what encoding a record shows about the fields of its metadata whose names
// have Encoder.Prefix, so that nobody looks at each name a second time.
type Prefixed int

const (
	PrefixedUnknown Prefixed = iota // there may be some
	PrefixedNone                    // there are none
)

// field is a key of metadata.
type field struct {
	name   string
	quoted string // with the colon and, but for the first field, the comma
	value  string // of the record at hand
}

const (
	// chunkSize makes allocations rare.
	chunkSize = 64 << 10
	// maxKept bounds the memory that is kept for reuse, in bytes.
	maxKept = 2 << 20
)

// Reset makes the memory of all that was encoded free for what comes.
func (e *Encoder) Reset() {
	kept := 0
	for i, c := range e.chunks {
		if kept += cap(c); kept > maxKept {
			e.chunks = slices.Delete(e.chunks, i, len(e.chunks))
			break
		}
		e.chunks[i] = c[:0]
	}
	e.at = 0
}

// Forget leaves what was encoded to whoever has it.
func (e *Encoder) Forget() { e.chunks, e.at = nil, 0 }

// chunk returns a chunk with room for need bytes.
func (e *Encoder) chunk(need int) *[]byte {
	for ; e.at < len(e.chunks); e.at++ {
		if c := &e.chunks[e.at]; need <= cap(*c)-len(*c) {
			return c
		}
	}
	e.chunks = append(e.chunks, make([]byte, 0, max(need, chunkSize)))
	return &e.chunks[e.at]
}

// Encode returns the JSON of a record, which is valid until Reset. Its error, as its
// panic, is that of a value in structured data that has no form in JSON.
func (e *Encoder) Encode(r *opencdc.Record) ([]byte, Prefixed, error) {
	if !e.common(r) {
		b, err := json.Marshal(*r)
		return b, PrefixedUnknown, err
	}
	prefixed := PrefixedNone
	if e.has {
		prefixed = PrefixedUnknown
	}
	before := e.at
	c := e.chunk(e.room(r))
	start := len(*c)
	b, err := e.append(*c, r)
	if err != nil {
		return nil, PrefixedUnknown, err
	}
	if *c = b; start == 0 && cap(b) > maxKept {
		e.chunks, e.at = slices.Delete(e.chunks, e.at, e.at+1), before // it is the record's alone
	}
	return b[start:len(b):len(b)], prefixed, nil
}

// common reports whether append knows the record's operation and fields.
func (e *Encoder) common(r *opencdc.Record) bool {
	return r.Operation >= opencdc.OperationCreate && r.Operation <= opencdc.OperationSnapshot && e.sort(r.Metadata)
}

// room is about as much as a record takes.
func (e *Encoder) room(r *opencdc.Record) int {
	const rest = 128 // names, quotes and the operation
	n := rest + base64.StdEncoding.EncodedLen(len(r.Position))
	for _, f := range e.fields {
		n += len(f.quoted) + len(f.value) + len(`""`)
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
	b, err := e.appendMetadata(b, r.Metadata != nil)
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
	n := base64.StdEncoding.EncodedLen(len(v))
	b = slices.Grow(b, n+len(`"`))
	base64.StdEncoding.Encode(b[len(b):len(b)+n], v)
	return append(b[:len(b)+n], '"')
}

func (e *Encoder) appendMetadata(b []byte, some bool) ([]byte, error) {
	if !some {
		return append(b, `null`...), nil
	}
	b = append(b, '{')
	for _, f := range e.fields {
		b = append(b, f.quoted...)
		if isPlain(f.value) {
			b = append(b, '"')
			b = append(b, f.value...)
			b = append(b, '"')
			continue
		}
		var err error
		if b, err = appendAny(b, f.value); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// sort lists the fields of metadata in order. Records of one topic mostly have the
// same as the one before. It returns false for names that it doesn't know the order of.
func (e *Encoder) sort(m opencdc.Metadata) bool {
	if e.fits(m) {
		return true
	}
	e.fields, e.has = e.fields[:0], false
	for name, value := range m {
		e.has = e.has || strings.HasPrefix(name, e.Prefix)
		if !isPlain(name) {
			e.fields = e.fields[:0]
			return false
		}
		e.fields = append(e.fields, field{name, `"` + name + `":`, value})
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
		f := &e.fields[i]
		var ok bool
		if f.value, ok = m[f.name]; !ok {
			return false
		}
	}
	return true
}

// isPlain reports whether a text stands in JSON as it is.
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
