package offsets

import (
	"context"
	"errors"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/matryer/is"
)

func deliver(t *Tracker, next int64, offsets ...int64) bool {
	return t.Deliver("t", 0, next, -1, slices.Values(offsets))
}

// committable leaves out of which log the commits are.
func committable(t *Tracker) []Commit {
	commits := t.Committable()
	for i := range commits {
		commits[i].of = nil
	}
	return commits
}

func TestCommitsOnlyTheContiguousPrefix(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	tr.Add("t", 0, 10, 10)
	is.True(deliver(tr, 13, 10, 11, 12))

	tr.Ack("t", 0, 12)
	tr.Ack("t", 0, 11)
	is.Equal(len(committable(tr)), 0) // 10 is missing

	tr.Ack("t", 0, 10)
	is.Equal(committable(tr), []Commit{{"t", 0, 13, -1, nil}})
	tr.Committed(Commit{"t", 0, 13, -1, nil})
	is.Equal(len(committable(tr)), 0)
}

func TestCommitsBehindWhatHasNoRecords(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	tr.Add("t", 0, 0, 0)
	is.True(deliver(tr, 9, 3, 5)) // 6 to 8 were compacted away, or control records

	tr.Ack("t", 0, 3)
	is.Equal(committable(tr), []Commit{{"t", 0, 4, -1, nil}})
	tr.Ack("t", 0, 5)
	is.Equal(committable(tr), []Commit{{"t", 0, 9, -1, nil}})
}

func TestCommitsTheStartWhereNothingWasCommitted(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	tr.Add("t", 0, 7, -1)
	is.Equal(committable(tr), []Commit{{"t", 0, 7, -1, nil}})
}

func TestIgnoresAcksOfWhatIsNotHeld(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	tr.Add("t", 0, 0, 0)
	is.True(deliver(tr, 2, 0, 1))
	tr.Remove("t", 0)
	tr.Ack("t", 0, 0)
	is.Equal(len(committable(tr)), 0)
	is.True(!deliver(tr, 3, 2)) // not held: must not be handed out

	tr.Add("t", 0, 0, 0) // comes back
	tr.Ack("t", 0, 1)    // the ack of the first time round
	is.Equal(len(committable(tr)), 0)
}

func TestRewindsOnlyWhatIsHeld(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	tr.Add("t", 0, 50, 50)
	tr.Rewind("t", 0, 7)
	is.Equal(committable(tr), []Commit{{"t", 0, 7, -1, nil}})
	tr.Remove("t", 0)
	tr.Rewind("t", 0, 3)
	tr.Skip("t", 0, 9)
	is.Equal(len(committable(tr)), 0)
}

func TestSkipsOnceWhatLiesBeforeIsAcknowledged(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	tr.Add("t", 0, 0, 0)
	is.True(deliver(tr, 2, 0, 1))
	tr.Skip("t", 0, 20)
	is.Equal(len(committable(tr)), 0)
	tr.Ack("t", 0, 0)
	is.Equal(committable(tr), []Commit{{"t", 0, 1, -1, nil}})
	tr.Ack("t", 0, 1)
	is.Equal(committable(tr), []Commit{{"t", 0, 20, -1, nil}})
}

func TestWaitsUntilFewAreUnacknowledged(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	tr.Add("t", 0, 0, 0)
	is.True(deliver(tr, 3, 0, 1, 2))

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := tr.WaitRoom(ctx, 3)
	is.True(errors.Is(err, context.DeadlineExceeded))

	waited := make(chan error)
	go func() { waited <- tr.WaitAcked(context.Background(), "t", 0) }()
	tr.Ack("t", 0, 2)
	room, err := tr.WaitRoom(context.Background(), 4)
	is.NoErr(err)
	is.True(room >= 1)
	tr.Ack("t", 0, 0)
	tr.Ack("t", 0, 1)
	is.NoErr(<-waited)
}

// Whatever the order of acks, the offset to commit is below the first record
// that is not acknowledged, above all records before it, and never falls.
func TestNeverCommitsPastAnUnacknowledgedRecord(t *testing.T) {
	for seed := range int64(200) {
		is := is.New(t)
		rnd := rand.New(rand.NewSource(seed))
		tr := NewTracker()
		tr.Add("t", 0, 0, 0)
		acked := map[int64]bool{}
		var handed, open []int64
		next, committed := int64(0), int64(0)
		for range 300 {
			if rnd.Intn(2) == 0 || len(open) == 0 {
				var run []int64
				for range rnd.Intn(5) {
					next += int64(rnd.Intn(3))
					run = append(run, next)
					next++
				}
				is.True(deliver(tr, next, run...))
				handed, open = append(handed, run...), append(open, run...)
			} else {
				i := rnd.Intn(min(len(open), 4))
				tr.Ack("t", 0, open[i])
				acked[open[i]] = true
				open = slices.Delete(open, i, i+1)
			}
			for _, c := range committable(tr) {
				is.True(c.At > committed) // seed
				committed = c.At
				tr.Committed(c)
			}
			for _, o := range handed {
				is.True(acked[o] || committed <= o)
			}
			if len(open) == 0 {
				is.Equal(committed, next)
			}
		}
	}
}

func TestCommitsTheLeaderEpochOfTheRecordInFront(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	tr.Add("t", 0, 0, 0)
	read := func(next int64, epoch int32, offsets ...int64) {
		tr.Deliver("t", 0, next, epoch, slices.Values(offsets))
	}
	read(2, 3, 0, 1)
	read(4, 3, 2, 3)
	read(6, 5, 4, 5)
	read(7, 8, 6)

	for offset, epoch := range []int32{3, 3, 3, 3, 5, 5, 8} {
		tr.Ack("t", 0, int64(offset))
		is.Equal(committable(tr), []Commit{{"t", 0, int64(offset) + 1, epoch, nil}})
	}
	tr.Rewind("t", 0, 2)
	is.Equal(committable(tr), []Commit{{"t", 0, 2, -1, nil}})
}

// A commit that was on its way while the partition was found to be another log now
// must not stand: it is higher than what comes.
func TestACommitOfAnotherLogIsCommittedOver(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	tr.Add("t", 0, 0, 0)
	is.True(deliver(tr, 9, 7, 8))
	tr.Ack("t", 0, 7)
	tr.Ack("t", 0, 8)
	sent := tr.Committable()
	tr.Rewind("t", 0, 0)
	tr.Committed(sent[0])
	is.Equal(committable(tr), []Commit{{"t", 0, 0, -1, nil}})
}

// An acknowledgement names an offset, and not the log that it is of.
func TestAcksOfWhatIsGoneDoNotCountForWhatHasItsOffsetNow(t *testing.T) {
	for name, test := range map[string]struct {
		goOn func(*Tracker)
		keep []int64 // handed out before and in the log still
		to   int64
	}{
		"cut off":     {func(tr *Tracker) { tr.Rewind("t", 0, 2) }, []int64{1}, 2},
		"another log": {func(tr *Tracker) { tr.Restart("t", 0, 2) }, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			tr := NewTracker()
			tr.Add("t", 0, 0, 0)
			is.True(deliver(tr, 5, 0, 1, 2, 3, 4))
			tr.Ack("t", 0, 0)
			tr.Ack("t", 0, 3)
			test.goOn(tr)
			is.Equal(tr.Unacknowledged(), len(test.keep))
			at := func(want int64) {
				t.Helper()
				is.Equal(committable(tr), []Commit{{"t", 0, want, -1, nil}})
			}
			for _, offset := range test.keep {
				at(offset) // not beyond it
				tr.Ack("t", 0, offset)
			}
			at(test.to)
			is.True(deliver(tr, 5, 2, 3, 4))
			if test.keep == nil {
				tr.Ack("t", 0, 1)
			}
			tr.Ack("t", 0, 2) // the old ones
			tr.Ack("t", 0, 4)
			at(test.to)
			for offset := range int64(3) {
				tr.Ack("t", 0, 2+offset)
				at(3 + offset)
			}
			is.Equal(tr.Unacknowledged(), 0)
		})
	}
}
