package kafka

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// headerWriter puts headers into metadata.
type headerWriter struct {
	// Records of one producer mostly have the same headers: the keys of the last
	// list, of plain entries only, and the list.
	keys []string
	list string
}

// set sets a field kafka.header.<key> for each header. Where a key repeats it has
// the last value, and kafka.header.<key>[0], [1] … have all of them in order.
func (w *headerWriter) set(metadata opencdc.Metadata, headers []recordbatch.Header) {
	inOrder, distinct, text := inspect(headers)
	switch {
	case distinct && text:
		for i := range headers {
			metadata[MetadataHeaderPrefix+headers[i].Key] = string(headers[i].Value)
		}
		if !inOrder {
			metadata[MetadataHeaders] = w.listOf(headers)
		}
	default:
		setAll(metadata, headers)
	}
}

// inspect tells whether headers are in the order of their keys, which is the one
// they get if nothing is said; whether the keys differ; and whether keys and values
// are text.
func inspect(headers []recordbatch.Header) (inOrder, distinct, text bool) {
	inOrder, distinct = true, true
	for i := range headers {
		h := &headers[i]
		if h.Value == nil || !utf8.ValidString(h.Key) || !utf8.Valid(h.Value) {
			return false, false, false
		}
		if i > 0 && headers[i-1].Key >= h.Key {
			inOrder = false
		}
	}
	return inOrder, inOrder || !repeats(headers), true
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
func (w *headerWriter) listOf(headers []recordbatch.Header) string {
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
