package position

import (
	"math"
	"slices"
	"testing"
	"testing/quick"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

func in(topic string, partition int32) message.TopicPartition {
	return message.TopicPartition{Topic: topic, Partition: partition}
}

func place(topic string, partition int32, next int64) Place {
	return Place{TopicPartition: in(topic, partition), TopicID: [16]byte{1}, LeaderEpoch: 2, Next: next}
}

// names is what a trail says of all partitions that fit.
func names(t *testing.T, trail *Trail, limit int) []Place {
	t.Helper()
	text := trail.Text(in("none", -1), limit)
	if len(text) > limit {
		t.Fatalf("the text has %d bytes", len(text))
	}
	places, err := Parse(text)
	is.New(t).NoErr(err)
	return places
}

func trailOf(places ...Place) *Trail {
	var t Trail
	for _, p := range places {
		t.Move(p)
	}
	return &t
}

func TestTrailNamesThePartitionsThatWereMovedLastFirst(t *testing.T) {
	is := is.New(t)
	trail := trailOf(place("t", 0, 5), place("t", 1, 6), place("u", 0, 7), place("t", 0, 8))
	is.Equal(names(t, trail, 1000), []Place{place("t", 0, 8), place("u", 0, 7), place("t", 1, 6)})
	text := trail.Text(in("t", 0), 1000) // whose position has it
	got, err := Parse(text)
	is.NoErr(err)
	is.Equal(got, []Place{place("u", 0, 7), place("t", 1, 6)})
	is.Equal(trailOf(place("t", 0, 5)).Text(in("t", 0), 1000), "") // nothing to say
	is.Equal(new(Trail).Text(in("t", 0), 1000), "")
}

// Whatever a broker said: a position that can't be read would end the source for good.
func TestTrailWithALeaderEpochThatIsNoneCanBeRead(t *testing.T) {
	for _, epoch := range []int32{-1, -2, math.MinInt32} {
		p := place("t", 0, 5)
		p.LeaderEpoch = epoch
		is.New(t).Equal(names(t, trailOf(p), 1000)[0].LeaderEpoch, int32(-1))
	}
}

func TestTrailNamesAsManyPartitionsAsFit(t *testing.T) {
	is := is.New(t)
	var trail Trail
	for i := range int32(1000) {
		trail.Move(place("a topic with a longer name", i, 1<<33+int64(i)))
	}
	is.Equal(len(names(t, &trail, 16<<10)), 1000)
	for _, limit := range []int{0, 10, 100, 1000, 4000} {
		got := names(t, &trail, limit)
		is.True(len(got) <= limit/10)
		is.True(len(got) > limit/15-5)
		for i, p := range got {
			is.Equal(p, place("a topic with a longer name", 999-int32(i), 1<<33+999-int64(i))) // the last ones
		}
	}
}

func TestTrailIsReadBackAsItWasWritten(t *testing.T) {
	is := is.New(t)
	is.NoErr(quick.Check(func(topics []string, partition int32, id [16]byte, epoch int32, next int64) bool {
		var trail Trail
		var want []Place
		for i, topic := range topics {
			p := Place{in(topic, int32(i)), id, max(epoch, -1), next & math.MaxInt64}
			trail.Move(p)
			want = append(want, p)
		}
		slices.Reverse(want)
		return slices.Equal(names(t, &trail, 1<<20), want)
	}, nil))
	for _, p := range []Place{{in("t", math.MaxInt32), [16]byte{}, math.MaxInt32, math.MaxInt64}, {in("", 0), [16]byte{}, -1, 0}} {
		is.Equal(names(t, trailOf(p), 1000), []Place{p})
	}
}

func TestTrailForgetsWhatIsCommitted(t *testing.T) {
	is := is.New(t)
	trail := trailOf(place("t", 0, 5), place("t", 1, 6), place("t", 2, 7))
	at := time.Now()
	commits := map[int32]int64{0: 4, 1: 6}
	committed := func(_ string, partition int32) (int64, bool) {
		offset, held := commits[partition]
		return offset, held
	}
	left := func(want ...Place) {
		t.Helper()
		is.Equal(names(t, trail, 1000), want)
	}
	trail.Sweep(at, committed)
	left(place("t", 2, 7), place("t", 0, 5))
	commits[0] = 5
	trail.Sweep(at.Add(sweepInterval-1), committed)
	left(place("t", 2, 7), place("t", 0, 5)) // it has not looked yet
	trail.Sweep(at.Add(sweepInterval), committed)
	left(place("t", 2, 7)) // this member has not got it yet
	trail.Sweep(at.Add(keepLeft-1), committed)
	left(place("t", 2, 7))
	commits[2] = 6
	trail.Sweep(at.Add(2*keepLeft), committed)
	left(place("t", 2, 7)) // it has got it
	delete(commits, 2)
	trail.Sweep(at.Add(3*keepLeft), committed)
	left(place("t", 2, 7)) // and lost it again
	trail.Sweep(at.Add(4*keepLeft), committed)
	is.Equal(len(names(t, trail, 1000)), 0)
	trail.Move(place("t", 2, 8))
	left(place("t", 2, 8))
}

// Whatever a position may hold.
func FuzzParse(f *testing.F) {
	f.Add(trailOf(place("t", 0, 5), place("u", 1, 6)).Text(in("none", -1), 1000))
	f.Add("*")
	f.Add("AAF1AQ")
	f.Add("AQEBAQ") // a topic that was not named
	f.Fuzz(func(t *testing.T, text string) {
		places, err := Parse(text)
		if err != nil {
			return
		}
		for _, p := range places {
			if p.Partition < 0 || p.Next < 0 || p.LeaderEpoch < -1 {
				t.Fatalf("%q names %+v", text, p)
			}
		}
	})
}

// BenchmarkText is what the last record of a ReadN costs.
func BenchmarkText(b *testing.B) {
	for name, n := range map[string]int32{"6 partitions": 6, "1000 partitions": 1000} {
		b.Run(name, func(b *testing.B) {
			var trail Trail
			for i := range n {
				trail.Move(place("t", i, 1<<33))
			}
			b.ReportAllocs()
			for b.Loop() {
				trail.Text(in("t", 0), 16<<10)
			}
		})
	}
}
