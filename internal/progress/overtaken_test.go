package progress

import (
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Another process has written a record that failed: the mark is the same, with a hole less.
func TestTableIsOvertakenWhereAnotherProcessHasFilledAHole(t *testing.T) {
	is := is.New(t)
	run := &Run{Key: Key{Group: "g"}}
	table := one(run)
	k := Key{ID: "to", Group: "g"}
	hole := holes{{Spot{3, 1}, Spot{3, 1}}}
	table.Set(k, Progress{Mark: Mark{5, 1, 0}, Failed: hole})
	batch := []message.Message{{Position: []byte{0, 3}}}
	places, err := table.Places(batch, nil)
	is.NoErr(err)
	table.Review(places)
	is.True(!places[0].Done)
	_, err = table.Messages("progress", places, 0, nil)
	is.NoErr(err)
	table.Set(k, Progress{Mark: Mark{5, 1, 0}, Failed: hole}) // read again: nothing new
	is.True(!table.Overtaken())
	table.Set(k, Progress{Mark: Mark{5, 1, 0}})
	is.True(table.Overtaken())
}

// A topic was made again. What it says by then is left to who has said it; what it says less of
// is written again.
func TestTableWritesAgainWhatTheTopicDoesNotSay(t *testing.T) {
	is := is.New(t)
	table := one(&Run{Key: Key{Group: "g"}})
	for partition := range int32(3) {
		table.Set(Key{ID: "to", Group: "g", Partition: partition}, Progress{Mark: Mark{5, 1, 0}})
	}
	table.WriteAgain()
	table.Set(Key{ID: "to", Group: "g", Partition: 1}, Progress{Mark: Mark{6, 1, 0}})
	table.Set(Key{ID: "to", Group: "g", Partition: 2}, Progress{Mark: Mark{4, 1, 0}})
	batch := []message.Message{{Position: []byte{0, 9}}}
	places, err := table.Places(batch, nil)
	is.NoErr(err)
	table.Review(places)
	out, err := table.Messages("progress", places, 0, nil)
	is.NoErr(err)
	got := make(map[int32]int64)
	for _, m := range out {
		k, p, err := parse(m.Key, m.Value)
		is.NoErr(err)
		got[k.Partition] = p.Offset
	}
	is.Equal(got, map[int32]int64{0: 9, 2: 5})
}
