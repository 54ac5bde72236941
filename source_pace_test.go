package kafka

import (
	"testing"
	"time"

	"github.com/matryer/is"
)

// paced returns the sizes of batches that Conduit takes so long for each record of,
// and in all.
func paced(batches int, record time.Duration) (sizes []int, last time.Duration) {
	var p pace
	now := time.Now()
	for range batches {
		n := p.next(now)
		sizes = append(sizes, n)
		p.gave(n, now)
		last = time.Duration(n) * record
		now = now.Add(last)
	}
	return sizes, last
}

func TestBatchesGrowWhereConduitIsFast(t *testing.T) {
	is := is.New(t)
	sizes, _ := paced(11, 10*time.Microsecond)
	is.Equal(sizes[:7], []int{10, 20, 40, 80, 160, 320, 640})
	is.Equal(sizes[9:], []int{readBatch, readBatch})
}

func TestBatchesTakeAboutASecondWhereConduitIsSlow(t *testing.T) {
	for _, record := range []time.Duration{2 * time.Millisecond, 30 * time.Millisecond, time.Second, time.Minute} {
		is := is.New(t)
		_, last := paced(10, record)
		is.True(last <= max(paceSlow, record)) // at least one record
	}
}

func TestBatchesGrowAgainWhereConduitWasHeldUpOnce(t *testing.T) {
	is := is.New(t)
	var p pace
	now := time.Now()
	for range 10 {
		is.True(p.next(now) > 0)
		p.gave(p.limit, now)
	}
	is.Equal(p.limit, readBatch)
	is.Equal(p.next(now.Add(time.Minute)), readBatch/60)
	for range 10 {
		p.gave(p.limit, now)
		p.next(now)
	}
	is.Equal(p.limit, readBatch)
}
