package fetch

import (
	"math"
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
				s.arrived(math.MaxInt32, 0)
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
		s.arrived(0, time.Millisecond)
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
				s.arrived(int(n), took)
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
		s.arrived(int(s.size), time.Millisecond)
		next()
	}
	is.Equal(s.size, cfg.MaxBytes)
	s.failed(&cfg, &wire.TimeoutError{Wait: 3 * time.Second, Why: &wire.GiveUp{}}) // it is not for the size
	is.Equal(next(), cfg.MaxBytes)
	s.failed(&cfg, &wire.TimeoutError{Wait: 30 * time.Second})
	is.Equal(next(), cfg.MaxBytes/2)
}
