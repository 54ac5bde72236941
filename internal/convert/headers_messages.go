package convert

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/opencdcjson"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// headersFromMetadata makes the headers of messages: of metadata, and of the headers
// setting.
type headersFromMetadata struct {
	forward bool
	chosen  chosenFields
	own     []ownHeader
	encodes map[string]bool // parts (by the header that may name a schema) that are encoded with a schema

	// The last list: it is the same for most records of one producer.
	list   string
	listed headerList
}

// ownHeader is a line of the headers setting.
type ownHeader struct {
	key  string
	text textFunc
}

func newHeadersFromMetadata(c Config) (*headersFromMetadata, error) {
	chosen, err := newChosenFields(c.HeadersFromMetadata)
	h := &headersFromMetadata{forward: c.ForwardHeaders, chosen: chosen, encodes: map[string]bool{
		keyFields.header: encodes(c.KeyFormat), valueFields.header: encodes(c.ValueFormat),
	}}
	errs := []error{err}
	for line := range strings.Lines(c.Headers) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, text, ok := strings.Cut(line+" ", ": ") // the text may be empty
		if !ok || key == "" {
			errs = append(errs, setting.Invalid("headers", fmt.Sprintf("line %q is not a header, which is written name: text", line), "source: conduit"))
			continue
		}
		value, err := newTextFunc("headers: "+key, strings.TrimSpace(text))
		errs = append(errs, err)
		h.own = append(h.own, ownHeader{key, value})
	}
	return h, errors.Join(errs...)
}

// encodes reports whether bytes of a format begin with the ID of their schema.
func encodes(format string) bool { return schemaTypes[format] != "" || format == formatSchemaID }

// append appends the headers of a record: first those of its metadata, unless it is
// known to have none, and of the fields of it that are chosen, except keys that the headers
// setting also sets; then those of the setting.
func (h *headersFromMetadata) append(dst []recordbatch.Header, r *opencdc.Record, known opencdcjson.Prefixed) ([]recordbatch.Header, error) {
	start := len(dst)
	if h.forward && known != opencdcjson.PrefixedNone {
		var err error
		if dst, err = h.forwarded(dst, r.Metadata); err != nil {
			return dst, err
		}
		if slices.ContainsFunc(dst[start:], namesSchema) {
			dst = dst[:start+len(h.withoutStale(dst[start:], r.Metadata))]
		}
	}
	if len(h.chosen.names)+len(h.chosen.patterns) > 0 {
		dst = h.chosen.append(dst, start, r.Metadata)
	}
	if len(h.own) > 0 && len(dst) > start {
		dst = dst[:start+len(slices.DeleteFunc(dst[start:], h.isOwn))]
	}
	for i := range h.own {
		text, err := h.own[i].text(r)
		if err != nil {
			return dst, err
		}
		if text != "" {
			dst = append(dst, recordbatch.Header{Key: h.own[i].key, Value: readOnly(text)})
		}
	}
	return dst, nil
}

func (h *headersFromMetadata) isOwn(header recordbatch.Header) bool {
	return slices.ContainsFunc(h.own, func(o ownHeader) bool { return o.key == header.Key })
}

// forwarded appends the headers of metadata: those of the list, as long as their
// fields are still there and with the values that these have now, and then those of
// fields that aren't listed, in the order of their keys.
func (h *headersFromMetadata) forwarded(dst []recordbatch.Header, metadata opencdc.Metadata) ([]recordbatch.Header, error) {
	start, list := len(dst), ""
	for name, value := range metadata {
		if !strings.HasPrefix(name, headerFamily) {
			continue
		}
		if name == MetadataHeaders {
			list = value
		} else if key, ok := strings.CutPrefix(name, MetadataHeaderPrefix); ok {
			dst = append(dst, recordbatch.Header{Key: key, Value: readOnly(value)})
		}
	}
	fields := dst[start:]
	if list == "" || len(fields) == 0 {
		sortHeaders(fields)
		return dst, nil
	}
	if list != h.list {
		entries, err := parseHeaders(list)
		if err != nil {
			return dst, err
		}
		h.list, h.listed = list, newHeaderList(entries)
	}
	return h.listed.append(dst[:start], metadata, len(fields)), nil
}

func sortHeaders(headers []recordbatch.Header) {
	if len(headers) > 1 {
		slices.SortFunc(headers, func(a, b recordbatch.Header) int { return strings.Compare(a.Key, b.Key) })
	}
}

// headerList is a list of headers, ready for metadata to be looked up.
type headerList struct {
	entries  []listedHeader
	fields   map[string]bool // names of the fields that the list is about
	distinct bool            // each entry has one field of its own
}

type listedHeader struct {
	headerEntry
	key   string // exact
	name  string // of the field
	text  string // that the field has for Base64
	plain string // field of the key itself, where the key repeats
	last  bool   // of those with the key
}

func newHeaderList(entries []headerEntry) headerList {
	l := headerList{entries: make([]listedHeader, len(entries)), fields: make(map[string]bool), distinct: true}
	last := make(map[string]int, len(entries))
	for i, e := range entries {
		h := listedHeader{headerEntry: e, key: e.Key, name: e.field(), text: asText(string(e.Base64)), last: true}
		if e.KeyBase64 != nil {
			h.key = string(e.KeyBase64)
		}
		l.entries[i] = h
		l.fields[h.name] = true
		if before, ok := last[e.Key]; ok {
			plain := MetadataHeaderPrefix + e.Key
			l.distinct = false
			l.fields[plain] = true
			l.entries[before].plain, l.entries[before].last = plain, false
			l.entries[i].plain = plain
		}
		last[e.Key] = i
	}
	return l
}

// append appends the headers that metadata still has. fields is how many fields of
// headers it has in all.
func (l *headerList) append(dst []recordbatch.Header, metadata opencdc.Metadata, fields int) []recordbatch.Header {
	known := 0
	for i := range l.entries {
		e := &l.entries[i]
		if value, ok := e.look(metadata); ok {
			dst = append(dst, recordbatch.Header{Key: e.key, Value: e.exact(value)})
			known++
		}
	}
	if !l.distinct {
		known = 0
		for name := range l.fields {
			if _, ok := metadata[name]; ok {
				known++
			}
		}
	}
	if known == fields {
		return dst
	}
	start := len(dst)
	for name, value := range metadata {
		if key, ok := strings.CutPrefix(name, MetadataHeaderPrefix); ok && !l.fields[name] {
			dst = append(dst, recordbatch.Header{Key: key, Value: readOnly(value)})
		}
	}
	sortHeaders(dst[start:])
	return dst
}

// look returns the text that a header has now. Where a key repeats, the field of
// the key itself is that of the last; without it there are none of the others
// either.
func (e *listedHeader) look(metadata opencdc.Metadata) (string, bool) {
	if e.plain == "" {
		value, ok := metadata[e.name]
		return value, ok
	}
	plain, ok := metadata[e.plain]
	if !ok || e.last {
		return plain, ok
	}
	value, ok := metadata[e.name]
	return value, ok
}

// exact returns what a text stood for, unless it was changed.
func (e *listedHeader) exact(text string) []byte {
	switch {
	case e.Null && text == "":
		return nil
	case e.Base64 != nil && text == e.text:
		return e.Base64
	}
	return readOnly(text)
}

// readOnly is the bytes of a string, without a copy: for messages, which nobody
// writes into.
func readOnly(s string) []byte {
	if s == "" {
		return []byte{}
	}
	return unsafe.Slice(unsafe.StringData(s), len(s))
}
