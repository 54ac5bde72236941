package protodata

import (
	"testing"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// Two names of a map that are no UTF-8, or one and the text that it becomes, would lose a
// value.
func TestDecodeLosesNoEntryOfAMapWhoseNamesAreNoUTF8(t *testing.T) {
	codec := codecOf(t, `syntax = "proto2"; message A { map<string, int64> m = 1; }`)
	for _, other := range []string{"\xfe", "\uFFFD"} {
		entry := func(name string) string {
			return "\x0a" + string(rune(len(name)+4)) + "\x0a" + string(rune(len(name))) + name + "\x10\x01"
		}
		_, err := codec.Decode([]byte("\x00" + entry("\xff") + entry(other)))
		expect.Error(t, err, "field m", "two names of a map", "?")
	}
}
