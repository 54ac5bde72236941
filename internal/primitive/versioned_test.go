package primitive

import (
	"errors"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A message of which both kinds of version have the same fields.
func TestEncoderWritesAndDecoderReadsBothKindsOfVersion(t *testing.T) {
	for _, version := range []int16{2, 3} {
		is := is.New(t)
		res := kmsg.NewPtrListGroupsResponse()
		res.Version = version
		res.Groups = []kmsg.ListGroupsResponseGroup{{Group: "g", ProtocolType: "consumer"}, {}}
		flexible := res.IsFlexible()
		is.Equal(flexible, version == 3)
		var e Encoder
		e.Flexible = flexible
		e.Int32(7)
		e.Int16(5)
		e.Count(2)
		for _, g := range res.Groups {
			e.String(g.Group)
			e.String(g.ProtocolType)
			e.End()
		}
		e.End()
		res.ThrottleMillis, res.ErrorCode = 7, 5
		is.Equal(e.Written(), res.AppendTo(nil))

		d := Decoder{NewReader(e.Written()), flexible}
		is.Equal(d.Int32(), int32(7))
		is.Equal(d.Int16(), int16(5))
		is.Equal(d.Count(2), 2)
		for _, g := range res.Groups {
			is.Equal(d.String(), g.Group)
			is.Equal(d.String(), g.ProtocolType)
			d.End()
		}
		d.End()
		is.NoErr(d.Err())
		is.Equal(d.Len(), 0)
	}
}

func TestDecoderReadsBytes(t *testing.T) {
	is := is.New(t)
	for _, flexible := range []bool{false, true} {
		full, null := []byte{0, 0, 0, 1, 9}, []byte{255, 255, 255, 255}
		if flexible {
			full, null = []byte{2, 9}, []byte{0}
		}
		d := Decoder{NewReader(full), flexible}
		is.Equal(d.Bytes(), []byte{9})
		d = Decoder{NewReader(null), flexible}
		is.True(d.Bytes() == nil)
		is.NoErr(d.Err())
	}
}

func TestEachTagIsReadFromItsFieldAlone(t *testing.T) {
	is := is.New(t)
	r := NewReader([]byte{3, 0, 1, 7, 1, 2, 0, 5, 9, 2, 1, 2, 42}) // tags 0, 1 and 9, and what follows
	seen := map[uint64]int{}
	r.EachTag(func(tag uint64, field *Reader) {
		seen[tag] = field.Len()
		if tag == 1 {
			is.Equal(field.Int16(), int16(5))
		}
	})
	is.NoErr(r.Err())
	is.Equal(seen, map[uint64]int{0: 1, 9: 2, 1: 2})
	is.Equal(r.Take(1), []byte{42})

	r = NewReader([]byte{1, 0, 1, 7, 1, 2, 3, 4})
	r.EachTag(func(_ uint64, field *Reader) { field.Int32() }) // of which one byte is the field's
	is.True(errors.Is(r.Err(), ErrShort))
}

func TestWriterBeginsAgain(t *testing.T) {
	is := is.New(t)
	var w Writer
	w.Int32(1)
	w.Reset()
	w.Bool(true)
	is.Equal(w.Written(), []byte{1})
}
