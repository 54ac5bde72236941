package recordbatch

import (
	"runtime"
	"testing"

	"github.com/matryer/is"
)

// takeSpares empties what was given back, and returns how many slices it was, and their
// room.
func takeSpares() (n, room int) {
	for records := Spare(); records != nil; records = Spare() {
		n, room = n+1, room+cap(records)
	}
	return n, room
}

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

func TestSpareReturnsWhatWasGivenBackToWhoeverAsks(t *testing.T) {
	is := is.New(t)
	takeSpares()
	records := make([]Record, 3, 8)
	GiveBack(records)
	runtime.GC()
	runtime.GC() // a sync.Pool would be empty
	got := make(chan []Record)
	go func() { got <- Spare() }()
	again := <-got
	is.Equal(cap(again), 8)
	is.Equal(&again[:1][0], &records[0])
	is.Equal(cap(Spare()), 0) // nobody else has it
}

func TestSpareKeepsNoHugeSlices(t *testing.T) {
	is := is.New(t)
	takeSpares()
	GiveBack(make([]Record, maxSpare+1))
	is.Equal(cap(Spare()), 0)
}

func TestSpareKeepsNoMoreThanItMay(t *testing.T) {
	is := is.New(t)
	takeSpares()
	for range 10 {
		GiveBack(make([]Record, maxSpare/4))
	}
	n, room := takeSpares()
	is.Equal(n, 4)
	is.Equal(room, maxSpare)
}
