package main

import (
	"testing"
	"time"

	"github.com/matryer/is"
)

func TestBookTellsPausesOfPartitionsThatStayFromThoseThatMove(t *testing.T) {
	is := is.New(t)
	b := newBook(2)
	begun := time.Now()
	for _, r := range []struct {
		after  time.Duration
		reader int
		value  string
	}{
		{0, 1, record(0, 0)}, // the first of a partition ends no pause
		{20 * time.Millisecond, 1, record(0, 1)},
		{20 * time.Millisecond, 1, record(1, 1)}, // 0 is read late
		{120 * time.Millisecond, 1, record(0, 2)},
		{121 * time.Millisecond, 1, record(1, 0)},
		{300 * time.Millisecond, 2, record(0, 2)}, // again, which ends no pause
		{420 * time.Millisecond, 2, record(0, 4)},
	} {
		b.read(r.reader, r.value, begun.Add(r.after))
	}
	g := b.take()
	is.Equal(g.stays, []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 101 * time.Millisecond})
	is.Equal(g.over(), 1)
	is.Equal(g.moves, []time.Duration{300 * time.Millisecond})
	is.Equal(g.twice, 1)
	is.Equal(g.counts, 7)
	lost, err := b.lost()
	is.NoErr(err)
	is.Equal(lost, 1) // 0/3

	b.read(2, record(0, 3), begun.Add(440*time.Millisecond))
	is.Equal(b.take().stays, []time.Duration{20 * time.Millisecond}) // begun again
	lost, err = b.lost()
	is.NoErr(err)
	is.Equal(lost, 0)
}

func TestBookRefusesWhatWasNotWritten(t *testing.T) {
	is := is.New(t)
	for _, value := range []string{"", "0", "0/", "x/1", "2/0", "-1/0", "0/-1"} {
		b := newBook(2)
		b.read(1, value, time.Now())
		_, err := b.lost()
		is.True(err != nil)
		is.Equal(b.take().counts, 0)
	}
}
