package progress

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/quick"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

func TestProgressIsReadAsItWasWritten(t *testing.T) {
	is := is.New(t)
	is.NoErr(quick.Check(func(id, group, topic string, topicID [16]byte, partition int32, offset int64, count int32, epoch int32) bool {
		valid := func(s string) string { return strings.ToValidUTF8(s, "?") }
		k, m := Key{valid(id), valid(group), valid(topic), topicID, partition}, Progress{Mark: Mark{offset, int(count), epoch}}
		if count > 0 {
			m.Failed = holes{{Spot{offset - 2, 1}, Spot{offset - 1, 3}}}
		}
		msg, err := k.message("progress", m, 0)
		is.NoErr(err)
		gotKey, gotMark, err := parse(msg.Key, msg.Value)
		return err == nil && gotKey == k && reflect.DeepEqual(gotMark, m)
	}, nil))
	k := Key{ID: "to", Group: "g", Topic: "t", Partition: 3}
	msg, err := k.message("progress", Progress{Mark: Mark{Offset: 5, Count: 1, LeaderEpoch: -1}}, 0)
	is.NoErr(err)
	is.Equal(string(msg.Key), `{"to":"to","group":"g","topic":"t","partition":3}`)
	is.Equal(string(msg.Value), `{"offset":5,"count":1,"leaderEpoch":-1}`)
	_, m, err := parse(msg.Key, nil) // deleted
	is.NoErr(err)
	is.Equal(m, none)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"to":"a","group":"g","topic":"t","topicID":"AQAAAAAAAAAAAAAAAAAAAA","partition":3}`), []byte(`{"offset":5,"count":1,"leaderEpoch":-1}`))
	f.Add([]byte(`null`), []byte(`[]`))
	f.Add([]byte(`{}`), []byte(`{"offset":5,"count":1,"leaderEpoch":2,"failed":[{"first":{"offset":3,"count":1},"last":{"offset":4,"count":2}}]}`))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		k, m, err := parse(key, value)
		if err != nil {
			return
		}
		msg, err := k.message("progress", m, 0)
		if err != nil {
			t.Fatal(err)
		}
		if again, mark, err := parse(msg.Key, msg.Value); err != nil || again != k || !reflect.DeepEqual(mark, m) {
			t.Fatalf("%s %s: %v", msg.Key, msg.Value, err)
		}
	})
}

func TestMarksAreInTheOrderOfTheLog(t *testing.T) {
	is := is.New(t)
	in := []Mark{
		nothing, {0, 1, 0}, {0, 2, 0}, {5, 1, 0}, {5, 1, 3}, {6, 1, 4}, {math.MaxInt64, 1, math.MaxInt32},
	}
	for i := range in {
		for j := range in {
			is.Equal(in[i].before(in[j]), i < j)
		}
	}
	is.True(Mark{5, 1, -1}.before(Mark{6, 1, 3})) // of a format that knows no epochs
	is.True(!Mark{5, 1, 3}.before(Mark{5, 1, -1}))
	is.True(Mark{5, 1, 3}.before(Mark{2, 1, 4}))  // of a later leader, which lacks what came before
	is.True(Mark{9, 1, 5}.before(Mark{10, 1, 3})) // of another log, as one that was restored
	is.True(!Mark{9, 1, 5}.before(Mark{9, 1, 3}))
}

// one is a table of the records of one partition, whose runs are numbered.
func one(runs ...*Run) *Table {
	return NewTable("to", func(position []byte) (*Run, int64, error) { return runs[position[0]], int64(position[1]), nil })
}

func places(t *testing.T, table *Table, positions ...[2]byte) (out []Mark) {
	t.Helper()
	var messages []message.Message
	for _, p := range positions {
		messages = append(messages, message.Message{Position: p[:]})
	}
	got, err := table.Places(messages, nil)
	is.New(t).NoErr(err)
	for _, p := range got {
		out = append(out, p.Mark)
	}
	return out
}

func TestTableTellsRecordsOfOneOffsetFromOneThatIsReadAgain(t *testing.T) {
	is := is.New(t)
	first, again := &Run{Key: Key{Group: "g"}}, &Run{Key: Key{Group: "g"}}
	table := one(first, again)
	is.Equal(places(t, table, [2]byte{0, 4}, [2]byte{0, 4}), []Mark{{4, 1, 0}, {4, 2, 0}})
	is.Equal(places(t, table, [2]byte{0, 4}, [2]byte{1, 4}, [2]byte{1, 4}), []Mark{{4, 3, 0}, {4, 1, 0}, {4, 2, 0}})
	is.True(table.Fresh())
	table.Looked()
	places(t, table, [2]byte{1, 5})
	is.True(!table.Fresh())
}

func TestTableDoesNotGoBack(t *testing.T) {
	is := is.New(t)
	table := one()
	k := Key{ID: "to", Group: "g"}
	table.Set(k, Progress{Mark: Mark{9, 1, 2}})
	table.Set(k, Progress{Mark: Mark{5, 1, 2}}) // of a process that was frozen
	table.Set(Key{ID: "elsewhere", Group: "g"}, Progress{Mark: Mark{20, 1, 2}})
	is.Equal(table.of(k).done, Mark{9, 1, 2})
	table.Set(k, Progress{Mark: nothing}) // somebody has deleted it
	is.Equal(table.of(k).done, nothing)
}
