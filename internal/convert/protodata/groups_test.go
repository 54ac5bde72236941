package protodata

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

const groups = `edition = "2023"; message M { M m = 1 [features.message_encoding = DELIMITED]; int32 n = 2; }`

// grouped returns a message in groups within groups, around small fields of a number.
func grouped(depth, fields int, number protowire.Number) []byte {
	begin, end := protowire.AppendTag(nil, 1, protowire.StartGroupType), protowire.AppendTag(nil, 1, protowire.EndGroupType)
	field := protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), 1)
	return bytes.Join([][]byte{{0}, bytes.Repeat(begin, depth), bytes.Repeat(field, fields), bytes.Repeat(end, depth)}, nil)
}

// The end of a group is found by going through all that is in it, at each level again: a
// thousand levels around half a million fields take the time of half a billion.
func TestDecodeBoundsGroupsInGroups(t *testing.T) {
	const depth, unknown = 990, 15
	codec := codecOf(t, groups)
	importing, err := New(`syntax = "proto3"; import "groups.proto"; message A { M m = 1; }`, File{"groups.proto", groups})
	is.New(t).NoErr(err)
	wrapped := grouped(depth, 100_000, unknown)[1:]
	wrapped = append([]byte{0}, protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), wrapped)...)
	for name, c := range map[string]struct {
		codec *Codec
		data  []byte
	}{
		"large":                  {codec, grouped(depth, 500_000, unknown)},
		"small":                  {codec, grouped(depth, 100_000, unknown)},
		"of an imported message": {importing, wrapped},
		"around unknown groups":  {codec, bytes.ReplaceAll(grouped(depth, 100_000, unknown), []byte{unknown << 3, 1}, []byte{unknown<<3 | 3, unknown<<3 | 4})},
	} {
		t.Run(name, func(t *testing.T) {
			if is := name == "large"; is != (len(c.data) > budget.Small) {
				t.Fatalf("%d bytes", len(c.data))
			}
			_, err := c.codec.Decode(c.data)
			expect.Error(t, err, "groups", "more than 64 MiB")
		})
	}
}

func TestDecodeTakesGroups(t *testing.T) {
	is := is.New(t)
	for _, unknown := range []int{0, 400_000} { // bytes: little, and more than need not be measured
		data := append(grouped(3, unknown, 15), 2<<3, 7)
		got, err := codecOf(t, groups).Decode(data)
		is.NoErr(err)
		is.Equal(got.(map[string]any)["n"], int64(7))
		depth := strings.Count(fmt.Sprint(got), "map[")
		is.Equal(depth, 4)
	}
}
