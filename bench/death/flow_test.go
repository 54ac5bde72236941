package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/matryer/is"
)

func TestSettle_counts_what_is_due_and_not_read(t *testing.T) {
	is := is.New(t)
	f := &flow{points: []point{{read: 250, slowest: time.Millisecond}, {}, {}, {read: 700, slowest: 600 * time.Millisecond}}}
	f.settle()
	is.Equal(f.points[0].lag, int64(0))
	is.Equal(f.points[1], point{lag: 250, slowest: 251 * time.Millisecond})
	is.Equal(f.points[2], point{lag: 500, slowest: 501 * time.Millisecond})
	is.Equal(f.points[3], point{read: 700, lag: 50, slowest: 600 * time.Millisecond})

	svg, err := f.draw()
	is.NoErr(err)
	is.True(bytes.Contains(svg, []byte("records read a second")))
}
