package fetch

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

const mib = 1 << 20

func TestAnswersGrowWhileTheUserWaits(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		want []int32 // nothing waits, and then what is full
	}{
		"default":        {Config{MinBytes: 1, MaxBytes: 8 * mib, MaxBuffered: 100}, []int32{4 * mib, 8 * mib, 8 * mib, 4 * mib, 2 * mib, 2 * mib}},
		"odd":            {Config{MinBytes: 1, MaxBytes: 5 * mib, MaxBuffered: 100}, []int32{4 * mib, 5 * mib, 5 * mib, 5 * mib / 2, 2 * mib, 2 * mib}},
		"large minimum":  {Config{MinBytes: 6 * mib, MaxBytes: 9 * mib, MaxBuffered: 100}, []int32{9 * mib, 9 * mib, 9 * mib, 6 * mib, 6 * mib, 6 * mib}},
		"small maximum":  {Config{MinBytes: 1, MaxBytes: 1000, MaxBuffered: 100}, []int32{1000, 1000, 1000, 1000, 1000, 1000}},
		"as large as is": {Config{MinBytes: 1, MaxBytes: 1<<31 - 1, MaxBuffered: 100}, []int32{4 * mib, 8 * mib, 16 * mib, 8 * mib, 4 * mib, 2 * mib}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			var s answerSize
			var got []int32
			now := time.Unix(1, 0)
			for range 3 {
				s.arrived(math.MaxInt32, 0, 0)
				got = append(got, s.next(&c.cfg, true, 0, 0, now))
			}
			kept := s
			is.Equal(kept.next(&c.cfg, true, 50, 0, now), s.size)
			is.Equal(kept.next(&c.cfg, false, 0, 0, now), s.size)
			for range 3 {
				got = append(got, s.next(&c.cfg, false, 51, 0, now))
			}
			is.Equal(got, c.want)
		})
	}
}

// Something waits always: an answer holds what the user takes in answerTime.
func TestAnswersAreAsLargeAsTheUserIsFast(t *testing.T) {
	cfg := Config{MinBytes: 1, MaxBytes: 16 * mib, MaxBuffered: 4 * mib}
	for name, c := range map[string]struct {
		perSecond int64
		want      int32
	}{
		"nothing":   {0, minAnswer},
		"slow":      {mib, minAnswer},
		"fast":      {500 * mib, 5 * mib},
		"very fast": {100_000 * mib, 16 * mib},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			var s answerSize
			now, taken := time.Unix(1, 0), int64(7)
			for range 200 { // at any intervals
				is.True(s.next(&cfg, false, 3*mib, taken, now) <= c.want)
				now, taken = now.Add(7*time.Millisecond), taken+c.perSecond*7/1000
			}
			is.Equal(s.next(&cfg, false, 3*mib, taken, now), c.want)
			// It gets slow.
			for range 20 {
				now = now.Add(rateTime)
				s.next(&cfg, false, 3*mib, taken, now)
			}
			is.Equal(s.next(&cfg, false, 3*mib, taken, now), int32(minAnswer))
		})
	}
}

func TestAnswersGrowOnlyIfTheyAreFilled(t *testing.T) {
	is := is.New(t)
	cfg := Config{MinBytes: 1, MaxBytes: 16 * mib, MaxBuffered: 100}
	var s answerSize
	for range 10 { // nothing is there
		is.Equal(s.next(&cfg, true, 0, 0, time.Unix(1, 0)), int32(minAnswer))
		s.arrived(0, time.Millisecond, 0)
	}
}

// A link carries a fixed number of bytes a second, and what takes longer than the timeout is thrown away.
func TestAnswersAreAsLargeAsArrivesInTime(t *testing.T) {
	for name, c := range map[string]struct {
		perSecond int
		timeout   time.Duration
		vain      int // answers in vain before it settles
	}{
		"fast":                     {1000 * mib, 30 * time.Second, 0},
		"as slow as the largest":   {mib / 2, 30 * time.Second, 0},
		"slower than the first":    {mib / 20, 30 * time.Second, 1},
		"very slow":                {10_000, 30 * time.Second, 3},
		"fast, and no time at all": {3 * mib, time.Second, 1},
		"slow, and no time at all": {mib, time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			cfg := Config{MinBytes: 1, MaxBytes: 16 * mib, MaxBuffered: 100}
			var s answerSize
			vain, arrived := 0, 0
			for range 1000 {
				n := s.next(&cfg, true, 0, 0, time.Unix(1, 0))
				took := time.Duration(float64(n) / float64(c.perSecond) * float64(time.Second))
				if took > c.timeout {
					vain++
					s.failed(&cfg, &wire.TimeoutError{Wait: c.timeout})
					continue
				}
				arrived++
				s.arrived(int(n), took, 0)
			}
			t.Log(vain, arrived, s.size)
			is.True(vain <= c.vain)
			// It is not worth less than it could be either.
			is.True(float64(s.size) > min(float64(cfg.MaxBytes-1), float64(c.perSecond)*min(c.timeout.Seconds(), 1)/16))
		})
	}
}

// The link gets faster, and slow again.
func TestAnswersFollowTheLink(t *testing.T) {
	is := is.New(t)
	cfg := Config{MinBytes: 1, MaxBytes: 16 * mib, MaxBuffered: 100}
	var s answerSize
	next := func() int32 { return s.next(&cfg, true, 0, 0, time.Unix(1, 0)) }
	next()
	for range 50 {
		s.failed(&cfg, &wire.TimeoutError{Wait: 30 * time.Second})
		next()
	}
	is.Equal(s.size, cfg.MinBytes)
	for range 50 {
		s.arrived(int(s.size), time.Millisecond, 0)
		next()
	}
	is.Equal(s.size, cfg.MaxBytes)
	s.failed(&cfg, &wire.TimeoutError{Wait: 3 * time.Second, Why: &wire.GiveUp{}}) // it is not for the size
	is.Equal(next(), cfg.MaxBytes)
	s.failed(&cfg, &wire.TimeoutError{Wait: 30 * time.Second})
	is.Equal(next(), cfg.MaxBytes/2)
}

// Brokers share a link of 2 Mbit/s. No answer fails, and soon none takes much longer
// than the two seconds after which others are asked about a silent leader.
func TestAnswersGetSmallerOnASlowLinkBeforeTheyFail(t *testing.T) {
	for _, brokers := range []int{1, 3, 12} {
		t.Run(fmt.Sprint(brokers, " brokers"), func(t *testing.T) {
			is := is.New(t)
			cfg := Config{MinBytes: 1, MaxBytes: 16 * mib, MaxBuffered: 4 * mib}
			const perSecond = 2_000_000 / 8
			sizes := make([]answerSize, brokers)
			for i := range sizes {
				sizes[i] = newAnswerSize()
			}
			took := make([]time.Duration, brokers)
			vain := 0
			for range 40 { // each in turn: what one sends, all wait for
				for i := range sizes {
					n := int(sizes[i].next(&cfg, true, 0, 0, time.Unix(1, 0)))
					others := 0
					for j := range sizes {
						if j != i {
							others += int(sizes[j].size)
						}
					}
					took[i] = time.Duration(float64(n+others) / perSecond * float64(time.Second))
					if took[i] > 30*time.Second {
						vain++
						sizes[i].failed(&cfg, &wire.TimeoutError{Wait: 30 * time.Second})
						continue
					}
					sizes[i].arrived(n, took[i], 500*time.Millisecond)
				}
			}
			t.Log(vain, took, sizes[0].size)
			is.Equal(vain, 0)
			is.True(slices.Max(took) < 4*time.Second)
			is.True(slices.Min(took) > time.Second/2) // round trips still don't count
		})
	}
}

// An answer may have been waited for, or hold little.
func TestAnswersGetNoSmallerWhereTheLinkIsNotSlow(t *testing.T) {
	for name, c := range map[string]struct {
		n          int
		took, wait time.Duration
		want       int32
	}{
		"waited for records":   {mib / 2, 10*time.Second + time.Second, 10 * time.Second, 2 * mib},
		"a slow broker":        {1000, 20 * time.Second, 0, 2 * mib},
		"full, and not quick":  {2 * mib, 1500 * time.Millisecond, 0, 2 * mib},
		"full, and slow":       {2 * mib, 3 * time.Second, time.Second, mib},
		"half full, and slow":  {mib / 2, 3 * time.Second, 500 * time.Millisecond, mib / 4},
		"hardly any, and slow": {80_000, 20 * time.Second, 0, slowAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			cfg := Config{MinBytes: 1, MaxBytes: 16 * mib, MaxBuffered: 4 * mib}
			var s answerSize
			s.next(&cfg, false, 0, 0, time.Unix(1, 0))
			s.arrived(c.n, c.took, c.wait)
			is.Equal(s.next(&cfg, false, 0, 0, time.Unix(1, 0)), c.want)
		})
	}
}
