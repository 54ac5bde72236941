package recordbatch

import (
	"testing"

	"github.com/matryer/is"
)

func TestSpareKeepsNothingOfWhatWasGivenBack(t *testing.T) {
	is := is.New(t)
	records := make([]Record, 3, 8)
	for i := range records {
		records[i] = Record{Offset: int64(i), Key: []byte("k"), Value: []byte("v"), Headers: []Header{{Key: "h"}}}
	}
	key := records[1].Key
	GiveBack(records)
	for _, r := range records {
		is.Equal(r, Record{}) // or its key and value would be kept alive
	}
	is.Equal(string(key), "k")
	is.Equal(len(Spare()), 0)
}

func TestSpareKeepsNoHugeSlices(t *testing.T) {
	is := is.New(t)
	GiveBack(make([]Record, maxSpare+1))
	is.True(cap(Spare()) <= maxSpare)
}
