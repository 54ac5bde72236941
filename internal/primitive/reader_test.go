package primitive

import (
	"errors"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestReadsWhatFranzGoWrites(t *testing.T) {
	is := is.New(t)
	m := kmsg.NewConsumerMemberMetadata()
	m.Version = 2
	m.Topics = []string{"a", "bc"}
	m.UserData = []byte{1, 2}
	m.Generation = -7
	r := NewReader(m.AppendTo(nil))
	is.Equal(r.Int16(), int16(2))
	is.Equal(r.Count(2), 2)
	is.Equal(r.String(), "a")
	is.Equal(r.String(), "bc")
	is.Equal(r.Bytes(), []byte{1, 2})
	is.Equal(r.Count(2), 0)
	is.Equal(r.Int32(), int32(-7))
	is.NoErr(r.Err())
	is.Equal(r.Len(), 0)
}

func TestNullIsNotEmpty(t *testing.T) {
	is := is.New(t)
	is.True(NewReader([]byte{255, 255, 255, 255}).Bytes() == nil)
	is.True(NewReader([]byte{0, 0, 0, 0}).Bytes() != nil)
	is.Equal(NewReader([]byte{255, 255, 255, 255}).Count(2), 0)
}

func TestWhatIsMissingIsAnErrorThatStays(t *testing.T) {
	for name, read := range map[string]func(*Reader){
		"integer":        func(r *Reader) { r.Int64() },
		"string":         func(r *Reader) { _ = r.String() },
		"bytes":          func(r *Reader) { r.Bytes() },
		"negative bytes": func(r *Reader) { r.Take(-1) },
		"array":          func(r *Reader) { r.Count(2) },
	} {
		is := is.New(t)
		r := NewReader([]byte{0, 0, 0, 9, 1})
		if name == "string" {
			r = NewReader([]byte{0, 9, 1})
		}
		read(r)
		is.True(errors.Is(r.Err(), ErrShort)) // name
		is.Equal(r.Int16(), int16(0))
	}
}

func TestReadsVarints(t *testing.T) {
	is := is.New(t)
	r := NewReader([]byte{0x7f, 0xac, 0x02, 0x80})
	is.Equal(r.Uvarint(), uint64(127))
	is.Equal(r.Uvarint(), uint64(300))
	is.Equal(r.Uvarint(), uint64(0)) // its end is missing
	is.True(errors.Is(r.Err(), ErrShort))
}
