package fetch

import "time"

const (
	// minAnswer is the least that is asked for at a time while records wait for
	// their user: more would only take memory.
	minAnswer = 2 << 20
	// answerTime is how long the user should have enough to do with an answer: so
	// that the round trip it took doesn't count.
	answerTime = 10 * time.Millisecond
	// rateTime is how long it is looked how much the user takes.
	rateTime = 50 * time.Millisecond
)

// answerSize sizes the answers to ask a broker for by how fast the user takes records.
// It grows beyond that while the user waits: the round trip may be a long one. The zero
// value is ready.
type answerSize struct {
	size  int32
	rate  int32 // bytes that the user takes in answerTime
	taken int64 // when rate was worked out
	at    time.Time
}

// next is the size of the next answer, given whether the user waits, the bytes that
// wait for it and those that it has taken in all.
func (s *answerSize) next(cfg *Config, waits bool, waiting int, taken int64, now time.Time) int32 {
	switch passed := now.Sub(s.at); {
	case s.at.IsZero():
		s.taken, s.at = taken, now
	case passed >= rateTime:
		s.rate = int32(min(float64(taken-s.taken)*float64(answerTime)/float64(passed), float64(cfg.MaxBytes)))
		s.taken, s.at = taken, now
	}
	least := min(max(minAnswer, s.rate, cfg.MinBytes), cfg.MaxBytes)
	s.size = max(s.size, least)
	switch {
	case waits && waiting == 0:
		s.size += min(s.size, cfg.MaxBytes-s.size)
	case waiting > cfg.MaxBuffered/2:
		s.size = max(s.size/2, least)
	}
	return s.size
}
