package fetch

import (
	"errors"
	"math"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

const (
	// minAnswer is the least that is asked for at a time while records wait for
	// their user: more would only take memory.
	minAnswer = 2 << 20
	// firstAnswer is the most that is asked for before it is known how fast the link is,
	// which all brokers may share.
	firstAnswer = 512 << 10
	// answerTime is how long the user should have enough to do with an answer: so
	// that the round trip it took doesn't count.
	answerTime = 10 * time.Millisecond
	// rateTime is the window over which consumption is measured.
	rateTime = 50 * time.Millisecond
	// quickAnswer is how long an answer may take for larger ones to be worth a try. In
	// one that takes longer, the round trip doesn't count.
	quickAnswer = time.Second
	// slowAnswer is the size down to which answers get smaller because they take long,
	// though they arrive. A record batch is often that large.
	slowAnswer = 64 << 10
)

// answerSize sizes the answers to ask a broker for by how fast the user takes records.
// It grows beyond that while the user waits, if answers are filled: the round trip may
// be a long one. It never grows beyond what the network brings in time. The zero value
// is ready.
type answerSize struct {
	size  int32
	rate  int32 // bytes that the user takes in answerTime
	taken int64 // when rate was worked out
	at    time.Time

	full  bool          // the last answer held about what was asked for
	limit int32         // what arrives in time; 0 for Config.MaxBytes
	quick time.Duration // quickAnswer, or less if requests time out soon; 0 before the first answer
}

func newAnswerSize() answerSize { return answerSize{limit: firstAnswer} }

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
	most := cfg.MaxBytes
	if s.limit > 0 {
		most = min(most, s.limit)
	}
	least := min(max(minAnswer, s.rate, cfg.MinBytes), most)
	s.size = min(max(s.size, least), most)
	switch {
	case waits && waiting == 0 && s.full:
		s.size += min(s.size, most-s.size)
	case waiting > cfg.MaxBuffered/2:
		s.size = max(s.size/2, least)
	}
	return s.size
}

// arrived notes how many bytes an answer had, how long it took, and how long the broker
// may have waited for records.
//
// Where answers take long they get smaller long before they fail: several brokers may
// share a slow link, and a leader that is silent for two seconds is asked about.
func (s *answerSize) arrived(n int, took, wait time.Duration) {
	if s.quick == 0 {
		s.quick = quickAnswer
	}
	if s.full = n >= int(s.size/2); !s.full {
		took -= wait
	}
	switch {
	case took > 2*s.quick && n > slowAnswer:
		s.limit = int32(max(n/2, slowAnswer))
	case !s.full:
	case took > s.quick:
		s.limit = s.size
	case s.limit > 0:
		s.limit += min(s.limit, math.MaxInt32-s.limit)
	}
}

// failed notes that no answer came. One that didn't arrive in time was too large:
// there may be progress only with smaller ones. They get larger again as long as they
// take no more than a quarter of that time.
func (s *answerSize) failed(cfg *Config, err error) {
	var timeout *wire.TimeoutError
	if !errors.As(err, &timeout) || timeout.Why != nil && timeout.Why != errReplicaSilent {
		return
	}
	s.full = false
	s.limit = max(s.size/2, cfg.MinBytes, 1)
	s.quick = min(quickAnswer, timeout.Wait/4)
}
