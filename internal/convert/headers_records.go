package convert

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// headersToMetadata puts headers into metadata.
type headersToMetadata struct {
	// Records of one producer mostly have the same headers: the keys of the last
	// list, of plain entries only, and the list.
	keys []string
	list string
}

// headersShape is how much metadata it takes to say all about headers.
type headersShape int

const (
	headersInOrder headersShape = iota // sorted by key, the order that the destination restores by default: fields alone
	headersListed                      // fields, and a list for the order
	headersAny                         // keys repeat, or there is null, or what isn't UTF-8
)

func shapeOf(headers []recordbatch.Header) headersShape {
	inOrder := true
	for i := range headers {
		h := &headers[i]
		if h.Value == nil || !utf8.ValidString(h.Key) || !utf8.Valid(h.Value) {
			return headersAny
		}
		if i > 0 && headers[i-1].Key >= h.Key {
			inOrder = false
		}
	}
	switch {
	case inOrder:
		return headersInOrder
	case repeats(headers):
		return headersAny
	}
	return headersListed
}

// fields is how many fields of metadata that many headers take at most.
func (s headersShape) fields(headers int) int {
	switch s {
	case headersInOrder:
		return headers
	case headersListed:
		return headers + 1
	}
	return 2*headers + 1
}

// over returns a copy of metadata with a field kafka.header.<key> for each header.
// Where a key repeats it has the last value, and kafka.header.<key>[0], [1] … have all
// of them in order.
func (w *headersToMetadata) over(metadata opencdc.Metadata, headers []recordbatch.Header) opencdc.Metadata {
	if len(headers) == 0 {
		return maps.Clone(metadata)
	}
	shape := shapeOf(headers)
	out := make(opencdc.Metadata, len(metadata)+1+shape.fields(len(headers)))
	maps.Copy(out, metadata)
	w.set(out, headers, shape)
	return out
}

func (w *headersToMetadata) set(metadata opencdc.Metadata, headers []recordbatch.Header, shape headersShape) {
	if shape == headersAny {
		setAll(metadata, headers)
		return
	}
	for i := range headers {
		metadata[MetadataHeaderPrefix+headers[i].Key] = string(headers[i].Value)
	}
	if shape == headersListed {
		metadata[MetadataHeaders] = w.listOf(headers)
	}
}

func repeats(headers []recordbatch.Header) bool {
	const few = 16
	if len(headers) <= few {
		for i := range headers {
			for j := range i {
				if headers[i].Key == headers[j].Key {
					return true
				}
			}
		}
		return false
	}
	seen := make(map[string]bool, len(headers))
	for i := range headers {
		seen[headers[i].Key] = true
	}
	return len(seen) < len(headers)
}

// listOf is the list of headers whose fields say all but the order.
func (w *headersToMetadata) listOf(headers []recordbatch.Header) string {
	if !slices.EqualFunc(w.keys, headers, func(k string, h recordbatch.Header) bool { return k == h.Key }) {
		w.keys = w.keys[:0]
		for i := range headers {
			w.keys = append(w.keys, strings.Clone(headers[i].Key)) // which lies in a buffer of the consumer
		}
		list, _ := json.Marshal(w.keys) // strings can always be marshalled
		w.list = string(list)
	}
	return w.list
}

// setAll sets the fields of any headers, and the list.
func setAll(metadata opencdc.Metadata, headers []recordbatch.Header) {
	entries := make([]headerEntry, len(headers))
	count := make(map[string]int, len(headers))
	for i := range headers {
		entries[i] = newHeaderEntry(&headers[i])
		count[entries[i].Key]++
		metadata[entries[i].field()] = asText(string(headers[i].Value)) // the last stays
	}
	number := make(map[string]int)
	for i := range entries {
		e := &entries[i]
		if count[e.Key] == 1 {
			continue
		}
		e.Field = e.Key + "[" + strconv.Itoa(number[e.Key]) + "]"
		number[e.Key]++
		for taken := true; taken; { // by another header that is called so
			if _, taken = metadata[e.field()]; taken {
				e.Field += "'"
			}
		}
		metadata[e.field()] = asText(string(headers[i].Value))
	}
	list, _ := json.Marshal(entries) // of strings: it can always be marshalled
	metadata[MetadataHeaders] = string(list)
}
