package versions_test

import (
	"testing"

	"github.com/matryer/is"
)

// roundTrip writes records with each codec and reads them back, once each.
func roundTrip(t *testing.T, c cluster) {
	is, ctx := is.New(t), guarded(t)
	_, source, destination := c.topic(t)
	written := 0
	for _, codec := range c.codecs {
		records := numbered(written, written+c.records/len(c.codecs), partitions)
		n, err := write(ctx, destination.with(settings{"compression": codec}), records...)
		is.NoErr(err)
		is.Equal(n, len(records))
		written += n
	}
	src, err := openSource(ctx, source, nil)
	is.NoErr(err)
	records, err := read(ctx, src, written)
	is.NoErr(err)
	is.NoErr(src.Teardown(ctx))
	eachOnce(t, records, 0, written)
}
