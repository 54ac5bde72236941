package convert

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// Metadata of headers. A header's value is in the field MetadataHeaderPrefix and
// its key. Fields have no order, no two have one name, and they are UTF-8: where
// that isn't all that there is to say about a record's headers, MetadataHeaders
// says the rest.
const (
	MetadataHeaderPrefix = "kafka.header."
	// MetadataHeaders is a JSON list of the headers in their order. One that its
	// field says all about is there by its key; others are objects, see
	// headerEntry.
	MetadataHeaders = "kafka.headers"

	headerFamily = "kafka.header" // which the names of both begin with
)

// headerEntry is a header in MetadataHeaders.
type headerEntry struct {
	Key       string `json:"key"`                 // as text: what isn't UTF-8 is replaced
	KeyBase64 []byte `json:"keyBase64,omitempty"` // exact, where Key isn't
	Field     string `json:"field,omitempty"`     // what follows MetadataHeaderPrefix, where that isn't Key
	Null      bool   `json:"null,omitempty"`      // the field is empty for a null value
	Base64    []byte `json:"base64,omitempty"`    // the value, where it isn't UTF-8
}

// plain reports whether an entry is written as its key alone.
func (e *headerEntry) plain() bool {
	return e.KeyBase64 == nil && e.Field == "" && !e.Null && e.Base64 == nil
}

// MarshalJSON writes a string or an object.
func (e headerEntry) MarshalJSON() ([]byte, error) {
	if e.plain() {
		return json.Marshal(e.Key)
	}
	type object headerEntry
	return json.Marshal(object(e))
}

// UnmarshalJSON reads a string or an object.
func (e *headerEntry) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, &e.Key)
	}
	if b[0] != '{' {
		return errors.New("a header is neither a string nor an object")
	}
	type object headerEntry
	return json.Unmarshal(b, (*object)(e))
}

// field is the name of the header's metadata field.
func (e *headerEntry) field() string {
	if e.Field == "" {
		return MetadataHeaderPrefix + e.Key
	}
	return MetadataHeaderPrefix + e.Field
}

// asText replaces what metadata can't have.
func asText(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func newHeaderEntry(h *recordbatch.Header) headerEntry {
	e := headerEntry{Key: asText(h.Key), Null: h.Value == nil}
	if e.Key != h.Key {
		e.KeyBase64 = []byte(h.Key)
	}
	if !utf8.Valid(h.Value) {
		e.Base64 = h.Value
	}
	return e
}

// parseHeaders reads a list.
func parseHeaders(list string) ([]headerEntry, error) {
	var entries []headerEntry
	if err := json.Unmarshal([]byte(list), &entries); err != nil {
		return nil, fmt.Errorf("read the headers in metadata field %q: %w; remove the field, or set forwardHeaders to false", MetadataHeaders, err)
	}
	return entries, nil
}
