package ledger

import (
	"errors"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"
)

// logged is a record as it lies in the log. All keys are in partition 0 here.
func logged(offset int64, number int) *kgo.Record {
	return &kgo.Record{Offset: offset, Key: Key(number), Value: Value(number)}
}

// books are those of a scenario in which the records 0 to 2*keys-1 were written, in
// this order, and read and acknowledged as they lie in the log.
func books() (*Ledger, []*kgo.Record) {
	l := New("books", "topic")
	var log []*kgo.Record
	l.Written(l.Next(2 * keys))
	for n := range 2 * keys {
		log = append(log, logged(int64(n), n))
	}
	l.returned(log...)
	return l, log
}

func (l *Ledger) returned(records ...*kgo.Record) {
	for _, r := range records {
		l.Returned(0, r.Offset, r.Key, r.Value)
		l.Acknowledging(0, r.Offset)
	}
}

func TestWhatIsInOrderIsCountedAndNothingElse(t *testing.T) {
	is := is.New(t)
	l, log := books()
	l.Round()
	l.noteCommits(map[int32]int64{0: 5})
	l.noteCommits(map[int32]int64{0: 2 * keys})
	r := l.compare(log)
	is.NoErr(r.Check())
	is.Equal(r.Records, 2*keys)
	is.Equal(r.Rounds, 1)
	is.Equal(r.Looks, 2)
	is.Equal(r.ReadTwice+r.Uncertain, 0)
}

func TestEachThingThatFaultsMayNotCauseIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(l *Ledger, log []*kgo.Record) []*kgo.Record
		count func(Result) int
	}{
		"acknowledged and not in the log": {
			func(l *Ledger, log []*kgo.Record) []*kgo.Record { l.Written(l.Next(1)); return log },
			func(r Result) int { return r.Lost },
		},
		"in the log and not read": {
			func(l *Ledger, log []*kgo.Record) []*kgo.Record {
				l.Written(l.Next(1))
				return append(log, logged(2*keys, 2*keys))
			},
			func(r Result) int { return r.Lost },
		},
		"twice in the log": {
			func(l *Ledger, log []*kgo.Record) []*kgo.Record {
				again := logged(2*keys, 2*keys-1)
				l.returned(again)
				return append(log, again)
			},
			func(r Result) int { return r.Duplicated },
		},
		"in the log before its predecessor": {
			func(l *Ledger, log []*kgo.Record) []*kgo.Record {
				log[0], log[keys] = logged(0, keys), logged(keys, 0)
				return log
			},
			func(r Result) int { return r.Reordered },
		},
		"read for the first time after its successor": {
			func(l *Ledger, log []*kgo.Record) []*kgo.Record {
				l.Written(l.Next(2))
				first, second := logged(2*keys, 2*keys), logged(2*keys+1, 2*keys+1)
				l.returned(second, first)
				return append(log, first, second)
			},
			func(r Result) int { return r.Reordered },
		},
		"in the log with another value": {
			func(l *Ledger, log []*kgo.Record) []*kgo.Record {
				l.Written(l.Next(1))
				log = append(log, logged(2*keys, 2*keys))
				l.returned(log[2*keys])
				l.Next(1)
				log = append(log, &kgo.Record{Offset: 2*keys + 1, Key: Key(2*keys + 1), Value: []byte("x")})
				l.returned(logged(2*keys+1, 2*keys+1))
				return log
			},
			func(r Result) int { return r.Foreign },
		},
		"read with another key": {
			func(l *Ledger, log []*kgo.Record) []*kgo.Record {
				l.Written(l.Next(1))
				last := logged(2*keys, 2*keys)
				l.Returned(0, last.Offset, []byte("x"), last.Value)
				l.Acknowledging(0, last.Offset)
				return append(log, last)
			},
			func(r Result) int { return r.Foreign },
		},
		"committed less than before": {
			func(l *Ledger, log []*kgo.Record) []*kgo.Record {
				l.noteCommits(map[int32]int64{0: 3})
				l.noteCommits(map[int32]int64{0: 2})
				return log
			},
			func(r Result) int { return r.Regressed },
		},
		"no longer committed": {
			func(l *Ledger, log []*kgo.Record) []*kgo.Record {
				l.noteCommits(map[int32]int64{0: 3})
				l.noteCommits(nil)
				return log
			},
			func(r Result) int { return r.Regressed },
		},
		"committed before it was acknowledged": {
			func(l *Ledger, log []*kgo.Record) []*kgo.Record {
				l.Written(l.Next(1))
				last := logged(2*keys, 2*keys)
				l.Returned(0, last.Offset, last.Key, last.Value)
				l.noteCommits(map[int32]int64{0: last.Offset + 1})
				l.Acknowledging(0, last.Offset)
				return append(log, last)
			},
			func(r Result) int { return r.Early },
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			l, log := books()
			r := l.compare(c.spoil(l, log))
			is.Equal(c.count(r), 1)
			is.True(r.Check() != nil)
			is.Equal(len(strings.Split(r.Check().Error(), "\n")), 1) // nothing else is found
		})
	}
}

func TestRecordsWhoseWriteFailedMayBeInTheLogOrNot(t *testing.T) {
	is := is.New(t)
	l, log := books()
	there, late, absent := l.Next(1)[0], l.Next(1)[0], l.Next(1)[0]
	l.Failed(errors.New("no answer"))
	log = append(log, logged(2*keys, late), logged(2*keys+1, there))
	l.returned(log[2*keys:]...)
	r := l.compare(log)
	is.NoErr(r.Check())
	is.Equal(r.Uncertain, 3)
	is.Equal(len(r.Failures), 1)
	is.Equal(absent, 2*keys+2)
}

func TestRecordsThatAreReadAgainAreCountedApart(t *testing.T) {
	is := is.New(t)
	l, log := books()
	l.returned(log[10:20]...)
	r := l.compare(log)
	is.NoErr(r.Check())
	is.Equal(r.ReadTwice, 10)
	is.Equal(r.ReadBehind, 0)
}

func TestReadingAgainWhatWasCommittedIsCounted(t *testing.T) {
	is := is.New(t)
	l, log := books()
	l.noteCommits(map[int32]int64{0: 15})
	l.returned(log[10:20]...)
	r := l.compare(log)
	is.Equal(r.ReadTwice, 10)
	is.Equal(r.ReadBehind, 5)
}

func TestRowsStandUnderTheirHeader(t *testing.T) {
	is := is.New(t)
	l, log := books()
	is.Equal(len(l.compare(log).String()), len(Header()))
}
