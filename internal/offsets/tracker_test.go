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
	return t.Deliver(run(t, next, -1), slices.Values(offsets))
}

// add begins to track partition 0 of t.
func add(t *Tracker, start, committed int64) int64 {
	return t.Add(Start{Topic: "t", Offset: start, LeaderEpoch: -1, Committed: committed})
}

// run is of the present assignment.
func run(t *Tracker, next int64, epoch int32) Run {
	return Run{Topic: "t", Assignment: t.assignments, Next: next, LeaderEpoch: epoch}
}

// ack acknowledges a record by its offset only.
func ack(t *Tracker, offset int64) { t.Ack(Record{Topic: "t", LeaderEpoch: -1, Offset: offset}) }

func rewind(t *Tracker, to int64) { t.Rewind("t", 0, t.assignments, to) }

func at(offset int64, epoch int32) Commit {
	return Commit{Topic: "t", At: offset, LeaderEpoch: epoch}
}

// committable leaves out of which log the commits are, how far that was read, and what is
// committed already.
func committable(t *Tracker) []Commit {
	commits := t.Committable()
	for i := range commits {
		commits[i].of, commits[i].TopicID, commits[i].High, commits[i].Read, commits[i].Committed = nil, TopicID{}, 0, false, 0
	}
	return commits
}

func TestCommitSaysWhetherAnythingWasRead(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	add(tr, 10, -1)
	is.True(!tr.Committable()[0].Read) // it is where to begin
	is.True(deliver(tr, 13, 10, 11, 12))
	is.True(tr.Committable()[0].Read)
}

func TestCommitsOnlyTheContiguousPrefix(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	add(tr, 10, 10)
	is.True(deliver(tr, 13, 10, 11, 12))

	ack(tr, 12)
	ack(tr, 11)
	is.Equal(len(committable(tr)), 0) // 10 is missing

	ack(tr, 10)
	is.Equal(committable(tr), []Commit{at(13, -1)})
	tr.Committed(at(13, -1))
	is.Equal(len(committable(tr)), 0)
}

func TestCommitsBehindWhatHasNoRecords(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	add(tr, 0, 0)
	is.True(deliver(tr, 9, 3, 5)) // 6 to 8 were compacted away, or control records

	ack(tr, 3)
	is.Equal(committable(tr), []Commit{at(4, -1)})
	ack(tr, 5)
	is.Equal(committable(tr), []Commit{at(9, -1)})
}

func TestCommitsTheStartWhereNothingWasCommitted(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	add(tr, 7, -1)
	is.Equal(committable(tr), []Commit{at(7, -1)})
}

func TestIgnoresAcksOfWhatIsNotHeld(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	add(tr, 0, 0)
	is.True(deliver(tr, 2, 0, 1))
	tr.Remove("t", 0)
	ack(tr, 0)
	is.Equal(len(committable(tr)), 0)
	is.True(!deliver(tr, 3, 2)) // not held: must not be handed out

	add(tr, 0, 0) // comes back
	ack(tr, 1)    // the ack of the first time round
	is.Equal(len(committable(tr)), 0)
}

func TestRewindsOnlyWhatIsHeld(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	add(tr, 50, 50)
	rewind(tr, 7)
	is.Equal(committable(tr), []Commit{at(7, -1)})
	tr.Remove("t", 0)
	rewind(tr, 3)
	tr.Skip("t", 0, tr.assignments, 9)
	is.Equal(len(committable(tr)), 0)
}

func TestSkipsOnceWhatLiesBeforeIsAcknowledged(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	add(tr, 0, 0)
	is.True(deliver(tr, 2, 0, 1))
	tr.Skip("t", 0, tr.assignments, 20)
	is.Equal(len(committable(tr)), 0)
	ack(tr, 0)
	is.Equal(committable(tr), []Commit{at(1, -1)})
	ack(tr, 1)
	is.Equal(committable(tr), []Commit{at(20, -1)})
}

func TestWaitsUntilFewAreUnacknowledged(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	add(tr, 0, 0)
	is.True(deliver(tr, 3, 0, 1, 2))

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := tr.WaitRoom(ctx, Limit{Records: 3})
	is.True(errors.Is(err, context.DeadlineExceeded))

	waited := make(chan error)
	go func() { waited <- tr.WaitAcked(context.Background(), "t", 0) }()
	ack(tr, 2)
	room, err := tr.WaitRoom(context.Background(), Limit{Records: 4})
	is.NoErr(err)
	is.True(room >= 1)
	ack(tr, 0)
	ack(tr, 1)
	is.NoErr(<-waited)
}

// Whatever the order of acks, the offset to commit is below the first record
// that is not acknowledged, above all records before it, and never falls.
func TestNeverCommitsPastAnUnacknowledgedRecord(t *testing.T) {
	for seed := range int64(200) {
		is := is.New(t)
		rnd := rand.New(rand.NewSource(seed))
		tr := NewTracker()
		add(tr, 0, 0)
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
				ack(tr, open[i])
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
	add(tr, 0, 0)
	read := func(next int64, epoch int32, offsets ...int64) {
		tr.Deliver(run(tr, next, epoch), slices.Values(offsets))
	}
	read(2, 3, 0, 1)
	read(4, 3, 2, 3)
	read(6, 5, 4, 5)
	read(7, 8, 6)

	for offset, epoch := range []int32{3, 3, 3, 3, 5, 5, 8} {
		ack(tr, int64(offset))
		is.Equal(committable(tr), []Commit{at(int64(offset)+1, epoch)})
	}
	rewind(tr, 2)
	is.Equal(committable(tr), []Commit{at(2, -1)})
}

// Metadata that has an error for a topic tells no ID.
func TestTrackerTakesTheTopicIDFromWhatIsRead(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	add(tr, 0, -1)
	r := run(tr, 1, -1)
	r.TopicID = TopicID{1}
	is.True(tr.Deliver(r, slices.Values([]int64{0})))
	ack(tr, 0)
	is.Equal(tr.Committable()[0].TopicID, TopicID{1})
}
