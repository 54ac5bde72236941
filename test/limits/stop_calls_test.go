package limits_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
)

// What is not open, or open twice, is torn down at once, and as often as somebody likes.
func TestSourceStopsInAnyOrderOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		w := newWorld(t)
		ctx, src := w.source("source", nil)
		begun := time.Now()
		is.NoErr(src.Teardown(ctx)) // never opened
		is.Equal(time.Since(begun), time.Duration(0))

		ctx, src = w.source("source", nil)
		is.NoErr(src.Open(ctx, nil))
		is.True(src.Open(ctx, nil) != nil) // a second time
		begun = time.Now()
		twice := start(func() error { return src.Teardown(ctx) })
		is.NoErr(src.Teardown(ctx))
		is.NoErr(twice.within(limit))
		is.NoErr(src.Teardown(ctx))
		is.True(time.Since(begun) <= limit)
		is.True(src.Open(ctx, nil) != nil)
		_, err := src.ReadN(ctx, 1)
		is.True(err != nil)
	})
}

func TestDestinationStopsInAnyOrderOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		w := newWorld(t)
		ctx, dst := w.destination("destination", nil)
		begun := time.Now()
		is.NoErr(dst.Teardown(ctx)) // never opened
		is.Equal(time.Since(begun), time.Duration(0))

		ctx, dst = w.destination("destination", nil)
		is.NoErr(dst.Open(ctx))
		is.True(dst.Open(ctx) != nil) // a second time
		begun = time.Now()
		twice := start(func() error { return dst.Teardown(ctx) })
		is.NoErr(dst.Teardown(ctx))
		is.NoErr(twice.within(limit))
		is.NoErr(dst.Teardown(ctx))
		is.True(time.Since(begun) <= limit)
		_, err := dst.Write(ctx, numbered(1))
		is.True(err != nil)
	})
}
