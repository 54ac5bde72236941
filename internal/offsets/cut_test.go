package offsets

import (
	"slices"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// A commit that was on its way while the partition was found to be another log now
// must not stand: it is higher than what comes.
func TestACommitOfAnotherLogIsCommittedOver(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	add(tr, 0, 0)
	is.True(deliver(tr, 9, 7, 8))
	ack(tr, 7)
	ack(tr, 8)
	sent := tr.Committable()
	rewind(tr, 0)
	tr.Committed(sent[0])
	is.Equal(committable(tr), []Commit{at(0, -1)})
}

// An acknowledgement names an offset, and not the log that it is of.
func TestAcksOfWhatIsGoneDoNotCountForWhatHasItsOffsetNow(t *testing.T) {
	for name, test := range map[string]struct {
		goOn func(*Tracker)
		keep []int64 // handed out before and in the log still
		to   int64
	}{
		"cut off":     {func(tr *Tracker) { rewind(tr, 2) }, []int64{1}, 2},
		"another log": {func(tr *Tracker) { tr.Restart("t", 0, tr.assignments, 2, TopicID{}) }, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			tr := NewTracker()
			add(tr, 0, 0)
			is.True(deliver(tr, 5, 0, 1, 2, 3, 4))
			ack(tr, 0)
			ack(tr, 3)
			test.goOn(tr)
			is.Equal(tr.Unacknowledged(), len(test.keep))
			at := func(want int64) {
				t.Helper()
				is.Equal(committable(tr), []Commit{at(want, -1)})
			}
			for _, offset := range test.keep {
				at(offset) // not beyond it
				ack(tr, offset)
			}
			at(test.to)
			is.True(deliver(tr, 5, 2, 3, 4))
			if test.keep == nil {
				ack(tr, 1)
			}
			ack(tr, 2) // the old ones
			ack(tr, 4)
			at(test.to)
			for offset := range int64(3) {
				ack(tr, 2+offset)
				at(3 + offset)
			}
			is.Equal(tr.Unacknowledged(), 0)
		})
	}
}

// What was asked or read for an assignment may come when the partition has been
// elsewhere and come back.
func TestTrackerTakesNothingOfAnAssignmentThatHasEnded(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	ended := add(tr, 0, 0)
	tr.Remove("t", 0)
	now := add(tr, 50, 50)
	is.True(ended != now)

	tr.Rewind("t", 0, ended, 7)
	tr.Restart("t", 0, ended, 7, TopicID{1})
	tr.Skip("t", 0, ended, 90)
	is.True(!tr.Deliver(Run{Topic: "t", Assignment: ended, Next: 90}, slices.Values([]int64{89})))
	next, committed, _ := tr.Progress("t", 0)
	is.Equal(next, int64(50))
	is.Equal(committed, int64(50))
	is.Equal(len(tr.Committable()), 0)
	is.Equal(tr.Unacknowledged(), 0)
}

// Positions name the topic's ID and the leader epoch.
func TestTrackerTellsAcksOfOtherLogsByWhatTheyName(t *testing.T) {
	for name, test := range map[string]struct {
		change   func(*Tracker)
		old, now Record
	}{
		"the topic was made again": {
			func(tr *Tracker) { tr.Restart("t", 0, tr.assignments, 0, TopicID{2}) },
			Record{TopicID: TopicID{1}, LeaderEpoch: 3}, Record{TopicID: TopicID{2}, LeaderEpoch: 3},
		},
		"the log was cut off": {
			func(tr *Tracker) { rewind(tr, 0) },
			Record{TopicID: TopicID{1}, LeaderEpoch: 3}, Record{TopicID: TopicID{1}, LeaderEpoch: 4},
		},
		"the topic was made again while somebody else had the partition": {
			func(tr *Tracker) {
				tr.Remove("t", 0)
				tr.Add(Start{Topic: "t", TopicID: TopicID{2}, LeaderEpoch: -1, Committed: -1})
			},
			Record{TopicID: TopicID{1}, LeaderEpoch: 3}, Record{TopicID: TopicID{2}, LeaderEpoch: 3},
		},
		"the log was cut off while somebody else had the partition": {
			func(tr *Tracker) {
				tr.Remove("t", 0)
				tr.Add(Start{Topic: "t", TopicID: TopicID{1}, LeaderEpoch: -1, Committed: -1})
			},
			Record{TopicID: TopicID{1}, LeaderEpoch: 3}, Record{TopicID: TopicID{1}, LeaderEpoch: 4},
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			tr := NewTracker()
			tr.Add(Start{Topic: "t", TopicID: test.old.TopicID, LeaderEpoch: -1, Committed: -1})
			is.True(tr.Deliver(run(tr, 2, test.old.LeaderEpoch), slices.Values([]int64{0, 1})))
			test.change(tr)
			is.True(tr.Deliver(run(tr, 2, test.now.LeaderEpoch), slices.Values([]int64{0, 1})))
			ack := func(r Record, offset int64) {
				r.Topic, r.Offset = "t", offset
				tr.Ack(r)
			}
			ack(test.old, 0)
			ack(test.old, 1)
			is.Equal(committable(tr), []Commit{at(0, -1)})
			ack(test.now, 0)
			is.Equal(committable(tr), []Commit{at(1, test.now.LeaderEpoch)})
			ack(test.now, 1)
			is.Equal(tr.Unacknowledged(), 0)
			is.Equal(len(tr.parts[message.TopicPartition{Topic: "t"}].gone), 0) // nothing waits for acks that never come
		})
	}
}

// Where acks name only offsets, those of what is gone are told by their number. A look
// through all of them at each ack would take minutes here.
func TestTrackerForgetsWhatIsGoneAsItsAcksCome(t *testing.T) {
	is := is.New(t)
	const n = 300_000
	tr := NewTracker()
	add(tr, 0, 0)
	offsets := make([]int64, n)
	for i := range offsets {
		offsets[i] = int64(i)
	}
	is.True(tr.Deliver(run(tr, n, -1), slices.Values(offsets)))
	rewind(tr, 0)
	is.True(tr.Deliver(run(tr, n, -1), slices.Values(offsets)))
	for _, o := range slices.Backward(offsets) {
		ack(tr, o)
	}
	is.Equal(tr.Unacknowledged(), n) // those were for the first ones
	is.Equal(len(tr.parts[message.TopicPartition{Topic: "t"}].gone), 0)
	for _, o := range offsets {
		ack(tr, o)
	}
	is.Equal(tr.Unacknowledged(), 0)
}

// Whoever goes back in a log has been further, and says so.
func TestCommitsTellHowFarTheLogWasRead(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	high := func() int64 {
		t.Helper()
		commits := tr.Committable()
		is.Equal(len(commits), 1)
		return commits[0].High
	}
	tr.Add(Start{Topic: "t", TopicID: TopicID{1}, Offset: 3, LeaderEpoch: -1, Committed: -1, High: 8})
	is.Equal(high(), int64(8)) // as an earlier commit said
	is.True(tr.Deliver(run(tr, 12, 0), slices.Values([]int64{3, 4, 5, 9, 11})))
	for _, o := range []int64{3, 4, 5, 9} {
		ack(tr, o)
	}
	is.Equal(high(), int64(10))
	rewind(tr, 4)
	is.Equal(high(), int64(12)) // what was handed out may be acknowledged by now
	last, ok := tr.Remove("t", 0)
	is.True(ok)
	is.Equal(last.At, int64(4))
	is.Equal(last.High, int64(12))

	add(tr, 5, -1)
	tr.Restart("t", 0, tr.assignments, 1, TopicID{2}) // another log
	is.Equal(high(), int64(1))
	_, ok = tr.Remove("u", 0)
	is.True(!ok)
}
