package payload

import (
	"bytes"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/matryer/is"
)

func TestValue_has_its_size_and_is_always_the_same(t *testing.T) {
	is := is.New(t)
	for _, size := range []int{1, 100, 1000, 10_000} {
		is.Equal(len(Value(7, size)), size)
		is.Equal(Value(7, size), Value(7, size))
	}
	is.True(!bytes.Equal(Value(7, 100), Value(8, 100)))
}

func TestValues_compress_to_about_a_third(t *testing.T) {
	is := is.New(t)
	var all []byte
	for i := range 1000 {
		all = append(all, Value(i, 1000)...)
	}
	w, err := zstd.NewWriter(nil)
	is.NoErr(err)
	share := float64(len(w.EncodeAll(all, nil))) / float64(len(all))
	is.True(share > 0.2) // not trivial
	is.True(share < 0.5) // worth compressing
}

func TestStamp_returns_the_time_of_Stamped(t *testing.T) {
	is := is.New(t)
	for _, want := range []time.Time{time.Unix(1_700_000_000, 123), time.Unix(1, 0)} {
		value := Stamped(want, 100)
		is.Equal(len(value), 100)
		got, ok := Stamp(value)
		is.True(ok)
		is.True(got.Equal(want))
	}
	_, ok := Stamp([]byte("short"))
	is.True(!ok)
	_, ok = Stamp(Value(1, 100))
	is.True(!ok) // not stamped
}
