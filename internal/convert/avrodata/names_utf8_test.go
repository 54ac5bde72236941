package avrodata

import (
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// Two names of a map that are no UTF-8, or one and the text that it becomes, would lose a
// value.
func TestDecodeLosesNoEntryOfAMapWhoseNamesAreNoUTF8(t *testing.T) {
	for _, schema := range []string{`{"type":"map","values":"long"}`, `{"type":"map","values":["null","long"]}`} {
		codec, err := New(schema)
		is.New(t).NoErr(err)
		item := "\x02"
		if schema[len(schema)-2] == ']' {
			item = "\x02\x02"
		}
		for _, other := range []string{"\xfe", "\uFFFD"} {
			_, err = codec.Decode([]byte("\x04\x02\xff" + item + string(rune(2*len(other))) + other + item + "\x00"))
			expect.Error(t, err, "two names of a map", "?")
		}
	}
}

func TestDecodeReplacesNamesOfAMapThatAreNoUTF8(t *testing.T) {
	is := is.New(t)
	codec, err := New(`{"type":"map","values":"long"}`)
	is.NoErr(err)
	got, err := codec.Decode([]byte("\x04\x02\xff\x02\x02a\x04\x00"))
	is.NoErr(err)
	is.Equal(got, map[string]any{"\uFFFD": int64(1), "a": int64(2)})
}
