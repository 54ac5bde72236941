package primitive

import (
	"testing"

	"github.com/matryer/is"
)

func TestNullableStringIsEmptyForNull(t *testing.T) {
	for _, flexible := range []bool{false, true} {
		is := is.New(t)
		var e Encoder
		e.Flexible = flexible
		e.NullableString("")
		e.NullableString("a")
		if flexible {
			is.Equal(e.Written(), []byte{0, 2, 'a'})
		} else {
			is.Equal(e.Written(), []byte{255, 255, 0, 1, 'a'})
		}
		d := Decoder{NewReader(e.Written()), flexible}
		is.Equal(d.NullableString(), "")
		is.Equal(d.NullableString(), "a")
		is.NoErr(d.Err())
		is.Equal(d.Len(), 0)
	}
}

func TestAnswerBeginsAfterTheHeader(t *testing.T) {
	is := is.New(t)
	frame := []byte{0, 0, 0, 9, 0, 0, 0, 1, 1, 7, 1, 42, 3} // a tagged field 7, then 3
	d := Answer(frame, true)
	is.Equal(d.Take(d.Len()), []byte{3})
	d = Answer(frame, false)
	is.Equal(d.Len(), 5)
	is.NoErr(d.Err())
	is.True(Answer(frame[:8], true).Err() != nil) // no header
}

func TestWriterGrowsOnce(t *testing.T) {
	is := is.New(t)
	var w Writer
	w.Int16(1)
	w.Grow(100)
	first := &w.Written()[0]
	w.Raw(make([]byte, 100))
	is.True(first == &w.Written()[0])
	is.Equal(len(w.Written()), 102)
}
