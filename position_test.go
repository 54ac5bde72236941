package kafka

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"testing/quick"
	"unicode/utf8"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// oldPosition is one that names neither the topic's ID nor a leader epoch.
func oldPosition(group, topic string, partition int32, offset int64) Position {
	return Position{GroupID: group, Topic: topic, Partition: partition, LeaderEpoch: -1, Offset: offset}
}

func TestParsePosition(t *testing.T) {
	for name, c := range map[string]struct {
		given string
		want  Position
	}{
		"own form": {
			`{"groupID":"g","topic":"t","partition":3,"log":"Af8AAAAAAAAAAAAAAAAAAAoCAwAAAAAAAAAAAAAAAAAA","offset":42}`,
			Position{GroupID: "g", Topic: "t", Partition: 3, TopicID: TopicID{1, 255}, LeaderEpoch: 5, Member: uuid.UUID{2, 3}, Offset: 42},
		},
		"with an assignment": {
			`{"groupID":"g","topic":"t","partition":3,"log":"Af8AAAAAAAAAAAAAAAAAAAoCAwAAAAAAAAAAAAAAAAAArAI","offset":42}`,
			Position{GroupID: "g", Topic: "t", Partition: 3, TopicID: TopicID{1, 255}, LeaderEpoch: 5, Member: uuid.UUID{2, 3}, Assignment: 300, Offset: 42},
		},
		"without a member": {
			`{"groupID":"g","topic":"t","partition":3,"log":"Af8AAAAAAAAAAAAAAAAAAAA","offset":42}`,
			Position{GroupID: "g", Topic: "t", Partition: 3, TopicID: TopicID{1, 255}, Offset: 42},
		},
		"no log":                       {`{"groupID":"g","topic":"t","partition":3,"log":null,"offset":42}`, oldPosition("g", "t", 3, 42)},
		"older own form":               {`{"groupID":"g","topic":"t","partition":3,"offset":42}`, oldPosition("g", "t", 3, 42)},
		"older own form, other order":  {`{ "offset": 42, "topic": "t", "groupID": "g", "partition": 3 }`, oldPosition("g", "t", 3, 42)},
		"the published connector's":    {`{"GroupID":"g","Topic":"t","Partition":3,"Offset":42}`, oldPosition("g", "t", 3, 42)},
		"escapes":                      {`{"GroupID":"a\"\\\u00e9\u003c","Topic":"t","Partition":0,"Offset":0}`, oldPosition(`a"\é<`, "t", 0, 0)},
		"only a group in JSON":         {`{"groupID":"g"}`, oldPosition("g", "", 0, 0)},
		"group ID":                     {"a-group.1", oldPosition("a-group.1", "", 0, 0)},
		"group ID of digits":           {"42", oldPosition("42", "", 0, 0)},
		"group ID like a JSON literal": {"null", oldPosition("null", "", 0, 0)},
		"group ID in quotes":           {`"g"`, oldPosition(`"g"`, "", 0, 0)},
		"largest numbers":              {`{"groupID":"g","topic":"t","partition":2147483647,"offset":9223372036854775807}`, oldPosition("g", "t", math.MaxInt32, math.MaxInt64)},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := ParsePosition(opencdc.Position(c.given))
			is.NoErr(err)
			is.Equal(got, c.want)
		})
	}
}

func TestPositionsThatAreNone(t *testing.T) {
	for name, c := range map[string]struct{ given, says string }{
		"empty":               {"", "it is empty"},
		"cut off":             {`{"groupID":"g","topic":"t","partition":3,"offset":4`, "parse position"},
		"something after it":  {`{"groupID":"g","topic":"t","partition":3,"offset":4}}`, "parse position"},
		"no group":            {`{"topic":"t","partition":3,"offset":42}`, "no groupID"},
		"empty group":         {`{"groupID":"","topic":"t","partition":3,"offset":42}`, "no groupID"},
		"offset too large":    {`{"groupID":"g","topic":"t","partition":0,"offset":9223372036854775808}`, "offset"},
		"partition too large": {`{"groupID":"g","topic":"t","partition":2147483648,"offset":0}`, "partition"},
		"offset in quotes":    {`{"groupID":"g","topic":"t","partition":0,"offset":"1"}`, "offset"},
		"fractional offset":   {`{"groupID":"g","topic":"t","partition":0,"offset":1.5}`, "offset"},
		"topic ID too short":  {`{"groupID":"g","topic":"t","partition":0,"log":"Af8","offset":1}`, "log is not"},
		"topic ID alone":      {`{"groupID":"g","topic":"t","partition":0,"log":"Af8AAAAAAAAAAAAAAAAAAA","offset":1}`, "log is not"},
		"epoch too large":     {`{"groupID":"g","topic":"t","partition":0,"log":"Af8AAAAAAAAAAAAAAAAAAICAgIAQ","offset":1}`, "log is not"},
		"half a member":       {`{"groupID":"g","topic":"t","partition":0,"log":"Af8AAAAAAAAAAAAAAAAAAAoCAw","offset":1}`, "log is not"},
		"half an assignment":  {`{"groupID":"g","topic":"t","partition":0,"log":"Af8AAAAAAAAAAAAAAAAAAAoCAwAAAAAAAAAAAAAAAAAArA","offset":1}`, "log is not"},
		"log in other Base64": {`{"groupID":"g","topic":"t","partition":0,"log":"Af8AAAAAAAAAAAAAAAAAAAA=","offset":1}`, "log is not"},
		"garbage as others":   {`{"groupID":"g","topic":"t","partition":0,"offset":1,"others":"*"}`, "others"},
		"others cut off":      {`{"groupID":"g","topic":"t","partition":0,"offset":1,"others":"AAF1AQ"}`, "others"},
		"group is a number":   {`{"groupID":1,"topic":"t","partition":0,"offset":1}`, "groupID"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := ParsePosition(opencdc.Position(c.given))
			is.True(err != nil)
			is.True(strings.HasPrefix(err.Error(), "parse position"))
			expect.Error(t, err, c.says)
			_, err = new(positionReader).parse(opencdc.Position(c.given))
			is.True(err != nil) // nor for acknowledgements
		})
	}
}

// others is how far partition 4 of topic u was read: up to offset 9, of leader epoch 2.
const others = "AAF1AQAAAAAAAAAAAAAAAAAAAAQKAw"

// peculiar group IDs and topics: whatever JSON has to escape.
var peculiar = []string{"g", `"`, `\`, `\"}`, "0}", `:0}`, `","offset":7}`, "{", `,"others":"AAA"}`, "日本 é\n\t\x00", "<&>\u2028", "g'`${x}"}

func TestAPositionIsReadBackAsItWasEncoded(t *testing.T) {
	is := is.New(t)
	var reader positionReader // one for all, as a source has
	same := func(p Position) bool {
		encoded := p.Encode()
		parsed, err := ParsePosition(encoded)
		is.NoErr(err)
		first, err := reader.parse(encoded)
		is.NoErr(err)
		again, err := reader.parse(encoded) // now the partition is known
		is.NoErr(err)
		return parsed == p && first == p.record() && again == p.record() && bytes.Equal(encoded, p.toJSON())
	}
	for _, group := range peculiar {
		for _, topic := range peculiar {
			for _, offset := range []int64{0, 7, 10, math.MaxInt64} {
				is.True(same(oldPosition(group, topic, 0, offset)))
			}
		}
	}
	is.NoErr(quick.Check(func(group, topic string, partition int32, id TopicID, epoch int32, member uuid.UUID, assignment uint32, offset int64) bool {
		return same(Position{"g" + group, topic, partition, id, epoch, member, int64(assignment), offset, ""}) &&
			same(Position{"g" + group, topic, partition, id, epoch, member, int64(assignment), offset, others}) // a group ID is never empty
	}, nil))
}

func TestPositionsOfDifferentPartitionsAreNotMixedUp(t *testing.T) {
	is := is.New(t)
	var reader positionReader
	for offset := int64(0); offset < 3; offset++ {
		for _, p := range []Position{
			oldPosition("g", "t", 0, offset), oldPosition("g", "t", 1, offset+10), oldPosition("g", "t", 10, offset), oldPosition("g", "u", 0, offset), oldPosition("h", "v", 0, offset+1),
		} {
			got, err := reader.parse(p.Encode())
			is.NoErr(err)
			is.Equal(got, p.record())
		}
	}
	is.Equal(len(reader.known), 5) // each partition is looked at once
}

func TestAReaderTakesAllFormsOfPositions(t *testing.T) {
	is := is.New(t)
	var reader positionReader
	for range 2 {
		for given, want := range map[string]Position{
			`{"groupID":"g","topic":"t","partition":3,"offset":42}`:       oldPosition("g", "t", 3, 42),
			`{"GroupID":"g","Topic":"t","Partition":4,"Offset":43}`:       oldPosition("g", "t", 4, 43),
			`{"groupID": "g", "topic": "t", "partition":5, "offset": 44}`: oldPosition("g", "t", 5, 44),
			`{"offset":45,"groupID":"g","topic":"t","partition":6}`:       oldPosition("g", "t", 6, 45),
			"g": oldPosition("g", "", 0, 0),
		} {
			got, err := reader.parse(opencdc.Position(given))
			is.NoErr(err)
			is.Equal(got, want.record())
		}
	}
}

// A partition gets another leader, and later its topic is made again: what positions of
// before said is not kept.
func TestPositionReaderForgetsWhatComesNoMore(t *testing.T) {
	is := is.New(t)
	var reader positionReader
	p := Position{GroupID: "g", Topic: "t"}
	for epoch := range int32(1000) {
		p.LeaderEpoch, p.TopicID[0] = epoch, byte(epoch/100)
		for p.Offset = range int64(3) {
			got, err := reader.parse(p.Encode())
			is.NoErr(err)
			is.Equal(got, p.record())
		}
	}
	is.Equal(len(reader.known), 1)
	is.Equal(len(reader.of), 1)
	late := Position{GroupID: "g", Topic: "t", LeaderEpoch: 3, Offset: 7}
	got, err := reader.parse(late.Encode())
	is.NoErr(err)
	is.Equal(got, late.record()) // read all the same
}

func TestGarbageBehindAKnownPartitionIsAnError(t *testing.T) {
	is := is.New(t)
	var reader positionReader
	_, err := reader.parse(oldPosition("g", "t", 0, 1).Encode())
	is.NoErr(err)
	for _, offset := range []string{"", "}", "x}", "1.5}", `"1"}`, "9223372036854775808}", "1}}"} {
		_, err := reader.parse(opencdc.Position(`{"groupID":"g","topic":"t","partition":0,"offset":` + offset))
		is.True(err != nil) // not an offset
	}
}

// BenchmarkPositionReader is what each Ack costs that finds its partition.
func BenchmarkPositionReader(b *testing.B) {
	id, member := TopicID{1, 255}, uuid.UUID{2, 3}
	p := Position{GroupID: "group", Topic: "orders", TopicID: id, Member: member, Assignment: 7}
	var positions []opencdc.Position
	for p.Offset = range int64(1000) {
		p.Partition = int32(p.Offset / 500)
		positions = append(positions, p.Encode())
	}
	var reader positionReader
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range positions {
			if _, err := reader.parse(p); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(positions)), "ns/position")
}

func FuzzParsePosition(f *testing.F) {
	for _, group := range peculiar {
		f.Add([]byte(oldPosition(group, "t", 1, 2).Encode()))
		f.Add([]byte(group))
	}
	f.Add([]byte(`{"GroupID":"g","Topic":"t","Partition":3,"Offset":42}`))
	f.Add([]byte(Position{"g", "t", 3, TopicID{1, 255}, 0, uuid.UUID{2, 3}, 7, 42, others}.Encode()))
	f.Fuzz(func(t *testing.T, given []byte) {
		p, err := ParsePosition(given)
		if err != nil {
			return
		}
		if p.GroupID == "" {
			t.Fatalf("%q is taken for a position without a group", given)
		}
		var reader positionReader
		for range 2 {
			if got, err := reader.parse(given); err != nil || got != p.record() {
				t.Fatalf("a reader makes %+v of %q, not %+v: %v", got, given, p.record(), err)
			}
		}
		if !utf8.ValidString(p.GroupID) {
			return // JSON can't carry it
		}
		if again, err := ParsePosition(p.Encode()); err != nil || again != p {
			t.Fatalf("%+v of %q comes back as %+v: %v", p, given, again, err)
		}
	})
}

func TestPositionReaderRefusesBrokenOffsets(t *testing.T) {
	var reader positionReader
	_, _ = reader.parse(oldPosition("g", "t", 0, 123).Encode())
	for _, offset := range []string{"12", "+12}", "012}"} { // 12: cut off
		is := is.New(t)
		p := opencdc.Position(`{"groupID":"g","topic":"t","partition":0,"offset":` + offset)
		_, err := ParsePosition(p)
		is.True(err != nil)
		_, err = reader.parse(p)
		is.True(err != nil)
	}
}

func TestTheMemberOfAPositionIsOneOfTheClient(t *testing.T) {
	is := is.New(t)
	c := SourceConfig{Config: Config{ClientID: "me"}}
	const id = "0190b1a4-4b5c-7d6e-8f90-a1b2c3d4e5f6"
	is.Equal(c.memberID(c.member("me-"+id)), "me-"+id)
	for _, other := range []string{"", "me-", id, "me-x", "you-" + id, "me-" + strings.ToUpper(id), "me-{" + id + "}"} {
		is.Equal(c.member(other), uuid.Nil)
	}
	is.Equal(c.memberID(uuid.Nil), "") // there is nobody to take out
}
