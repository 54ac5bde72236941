package fetch

import (
	"testing"

	"github.com/matryer/is"
)

func TestAnswersGrowWhileTheUserWaits(t *testing.T) {
	const mib = 1 << 20
	for name, c := range map[string]struct {
		cfg  Config
		want []int32 // nothing waits, and then what is full
	}{
		"default":        {Config{MinBytes: 1, MaxBytes: 16 * mib, MaxBuffered: 100}, []int32{8 * mib, 16 * mib, 16 * mib, 8 * mib, 4 * mib, 4 * mib}},
		"odd":            {Config{MinBytes: 1, MaxBytes: 9 * mib, MaxBuffered: 100}, []int32{8 * mib, 9 * mib, 9 * mib, 9 * mib / 2, 4 * mib, 4 * mib}},
		"large minimum":  {Config{MinBytes: 6 * mib, MaxBytes: 9 * mib, MaxBuffered: 100}, []int32{9 * mib, 9 * mib, 9 * mib, 6 * mib, 6 * mib, 6 * mib}},
		"small maximum":  {Config{MinBytes: 1, MaxBytes: 1000, MaxBuffered: 100}, []int32{1000, 1000, 1000, 1000, 1000, 1000}},
		"as large as is": {Config{MinBytes: 1, MaxBytes: 1<<31 - 1, MaxBuffered: 100}, []int32{8 * mib, 16 * mib, 32 * mib, 16 * mib, 8 * mib, 4 * mib}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			var s answerSize
			var got []int32
			for range 3 {
				got = append(got, s.next(&c.cfg, 0))
			}
			kept := s
			is.Equal(kept.next(&c.cfg, 50), int32(s))
			for range 3 {
				got = append(got, s.next(&c.cfg, 51))
			}
			is.Equal(got, c.want)
		})
	}
}
