package consumer

import (
	"context"
	"slices"
	"testing"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// Records that Conduit has acknowledged are not read again though the commit was
// lost with the process; records of other partitions are.
func TestConsumerGoesOnAfterThePosition(t *testing.T) {
	eitherPlace(t, goesOnAfterThePosition)
}

func goesOnAfterThePosition(w *world) {
	w.produce(15)
	c := w.open(nil)
	w.next(c, 15)
	w.NoErr(c.Close(w.ctx)) // has committed the start of each partition

	c = w.resume(w.position(1, 2), nil)
	got := w.next(c, 12)
	slices.Sort(got)
	w.Equal(got, []int{0, 2, 3, 5, 6, 8, 9, 10, 11, 12, 13, 14})
	w.committed(map[int32]int64{0: 0, 1: 3, 2: 0})
	w.NoErr(c.Close(w.ctx))
}

// Where a position and a commit contradict each other. The log of partition 1 has
// offsets 0 to 9.
func TestConsumerBelievesACommitThatIsLowerOnPurpose(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		at       int64
		metadata func(note) string // of the commit
		oldForm  bool              // of the position: without the topic's ID
		want     int64             // where it goes on
	}{
		"the commit for the position was lost":                                                   {3, note.String, false, 10},
		"lost, and another client had committed":                                                 {3, func(note) string { return "somebody" }, false, 10},
		"lost, and an older version of a connector, which did not know topic IDs, had committed": {3, func(n note) string { n.topic = cluster.TopicID{}; return n.String() }, true, 10},
		"somebody reset it with Kafka's tool":                                                    {3, func(note) string { return "" }, false, 3},
		"the group went back after it had committed as much":                                     {3, func(n note) string { n.high = 10; return n.String() }, false, 3},
		"the group went back before it had committed as much":                                    {3, func(n note) string { n.high = 9; return n.String() }, false, 10},
		"the position may be of a topic that had the same name":                                  {3, note.String, true, 3},
		"the commit is further":                                                                  {11, note.String, false, 11},
	} {
		t.Run(name, func(t *testing.T) {
			eitherPlace(t, func(w *world) {
				w.produce(36)
				r := w.position(1, 9)
				w.commit(test.at, test.metadata(note{partitions: partitions, topic: r.TopicID}))
				if test.oldForm {
					r.TopicID = cluster.TopicID{}
				}
				c := w.resume(r, nil)
				defer c.Close(w.ctx)
				var want []int
				for i := range 36 {
					if i%partitions != 1 || int64(i/partitions) >= test.want {
						want = append(want, i)
					}
				}
				w.Equal(w.quiet(c), want)
			})
		})
	}
}

// An operator resets the group to read everything again. Whatever happens meanwhile,
// the position with which the process began does not cut that off.
func TestConsumerReadsAgainThroughRebalancesAndRestarts(t *testing.T) {
	t.Parallel()
	for _, restart := range []bool{false, true} {
		eitherPlace(t, func(w *world) {
			w.putBack()
			expel := w.expels()
			saved := w.position(1, 9)
			c := w.resume(saved, nil)
			w.readsAgain(c)
			if restart { // before Conduit has saved another position
				w.NoErr(c.Close(w.ctx))
				c = w.resume(saved, nil)
			} else {
				expel()
				w.assignedAgain(c)
			}
			w.Equal(w.quiet(c), []int{10, 13, 16, 19, 22, 25, 28})
			w.NoErr(c.Close(w.ctx))
		})
	}
}

// The member that comes first after the reset knows nothing of the position that another
// one has.
func TestConsumerReadsAgainThoughAnotherMemberBegan(t *testing.T) {
	t.Parallel()
	eitherPlace(t, readsAgainThoughAnotherMemberBegan)
}

func readsAgainThoughAnotherMemberBegan(w *world) {
	w.putBack()
	saved := w.position(1, 9)
	c := w.open(nil)
	w.readsAgain(c)
	w.NoErr(c.Close(w.ctx))

	c = w.resume(saved, nil)
	defer c.Close(w.ctx)
	w.Equal(w.quiet(c), []int{10, 13, 16, 19, 22, 25, 28})
}

// The position is of the topic that is gone; the group has long gone on to the new one.
func TestConsumerReadsAllOfATopicThatIsNotThatOfThePosition(t *testing.T) {
	eitherPlace(t, readsAllOfAnotherTopic)
}

func readsAllOfAnotherTopic(w *world) {
	w.produce(15)
	old := w.position(1, 4)
	c := w.open(nil)
	ack(c, w.next(c, 15)...)
	w.committed(map[int32]int64{0: 5, 1: 5, 2: 5})
	w.NoErr(w.truth.DeleteTopic(w.ctx, topic))
	w.NoErr(w.truth.CreateTopic(w.ctx, topic, partitions, nil))
	read, stop := context.WithCancel(w.ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); _, _ = c.Next(read, 1) }()
	w.committed(map[int32]int64{0: 0, 1: 0, 2: 0}) // it has noticed
	stop()
	<-ended
	w.NoErr(c.Close(w.ctx)) // before a record of the new topic is acknowledged

	want := w.write(10)
	c = w.resume(old, nil)
	defer c.Close(w.ctx)
	got := w.next(c, len(want))
	slices.Sort(got)
	w.Equal(got, want)
}

// The position with which a process began is not used again once it has started the partition.
func TestConsumerUsesThePositionOnce(t *testing.T) {
	t.Parallel()
	for _, oldForm := range []bool{false, true} {
		eitherPlace(t, func(w *world) {
			w.produce(15)
			expel := w.expels()
			r := w.position(1, 2)
			w.commit(0, "somebody")
			if oldForm {
				r.TopicID = cluster.TopicID{}
			}
			c := w.resume(r, nil)
			w.next(c, 12)
			want := w.again(10)
			w.until(c, want) // none of them is acknowledged
			w.committed(map[int32]int64{0: 0, 1: 0, 2: 0})
			expel()
			w.until(c, want)
			w.NoErr(c.Close(w.ctx))
		})
	}
}

// An unclean leader election has cut the log off where it was read. The group goes back
// to where the logs agree, and a restart does not jump over what is there now.
func TestConsumerReadsWhatAnUncleanElectionLeftAfterARestart(t *testing.T) {
	t.Parallel()
	eitherPlace(t, readsWhatAnUncleanElectionLeft)
}

func readsWhatAnUncleanElectionLeft(w *world) {
	w.readThirty()
	w.cutOff(1, 5)
	saved := w.position(1, 9)
	saved.LeaderEpoch = w.fake.PartitionInfo(topic, 1).Epoch
	behindThat := []int{16, 19, 22, 25, 28}
	c := w.resume(saved, nil)
	w.Equal(w.quiet(c), behindThat)
	w.committed(map[int32]int64{0: 10, 1: 5, 2: 10})
	w.NoErr(c.Close(w.ctx))

	c = w.resume(saved, nil)
	w.Equal(w.quiet(c), behindThat)
	w.NoErr(c.Close(w.ctx))

	// The commit was lost: what the position says is checked like a commit.
	w.commit(3, note{partitions: partitions, topic: w.topicID()}.String())
	c = w.resume(saved, nil)
	w.Equal(w.quiet(c), behindThat)
	w.NoErr(c.Close(w.ctx))
}
