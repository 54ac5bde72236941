package produce

import (
	"bufio"
	"encoding/hex"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// topicOf makes a topic with partitions that have these leaders.
func topicOf(name string, leaders ...int32) cluster.Topic {
	t := cluster.Topic{Name: name}
	for i, l := range leaders {
		t.Partitions = append(t.Partitions, cluster.Partition{ID: int32(i), Leader: l})
	}
	return t
}

func keyed(key []byte) *message.Message {
	return &message.Message{Partition: message.PartitionAny, Record: recordbatch.Record{Key: key}}
}

func chooserOf(t *testing.T, name string) *chooser {
	t.Helper()
	p, err := ParsePartitioner(name)
	is.New(t).NoErr(err)
	c := newChooser(p)
	c.begin()
	return c
}

// choices are where messages go, one batch.
func (c *chooser) choices(t *testing.T, topic cluster.Topic, messages ...*message.Message) []int32 {
	t.Helper()
	var out []int32
	for _, m := range messages {
		id, err := c.partition(topic, m)
		is.New(t).NoErr(err)
		out = append(out, id)
	}
	return out
}

func TestKeysGoWhereLibrdkafkaSendsThem(t *testing.T) {
	is := is.New(t)
	f, err := os.Open("testdata/librdkafka.txt")
	is.NoErr(err)
	defer f.Close()
	topic := topicOf("t", make([]int32, 17)...)
	names := []string{"murmur2", "consistent", "consistent-random", "fnv-1a"}
	vectors := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		columns := strings.Split(lines.Text(), "\t")
		key, err := hex.DecodeString(columns[0])
		is.NoErr(err)
		for i, name := range names {
			if want := columns[i+1]; want != "-" {
				got := chooserOf(t, name).choices(t, topic, keyed(key))
				is.Equal(strconv.Itoa(int(got[0])), want)
				vectors++
			}
		}
	}
	is.Equal(vectors, 4*400-1)
}

// What the clients of those names do with keys that are null or empty.
func TestMessagesWithoutAKey(t *testing.T) {
	topic := topicOf("t", make([]int32, 1000)...)
	const murmur2OfNothing, crc32OfNothing, fnvOfNothing, fnvReferenceOfNothing = 0x106e08d9 % 1000, 0, 0x7ee3623b % 1000, 0x11c9dc5 % 1000
	const anywhere int32 = -1
	for name, want := range map[string]struct{ null, empty int32 }{
		"murmur2":           {anywhere, murmur2OfNothing},
		"murmur2-random":    {anywhere, murmur2OfNothing},
		"fnv-1a":            {anywhere, fnvOfNothing},
		"fnv-1a-reference":  {anywhere, fnvReferenceOfNothing},
		"consistent":        {crc32OfNothing, crc32OfNothing},
		"consistent-random": {anywhere, anywhere},
		"round-robin":       {anywhere, anywhere},
		"least-bytes":       {anywhere, anywhere},
		"sticky":            {anywhere, anywhere},
	} {
		for kind, c := range map[string]struct {
			key  []byte
			want int32
		}{"null": {nil, want.null}, "empty": {[]byte{}, want.empty}} {
			t.Run(name+" "+kind, func(t *testing.T) {
				is := is.New(t)
				chooser := chooserOf(t, name)
				spread := map[int32]bool{}
				for range 100 {
					chooser.begin()
					m := keyed(c.key)
					m.Value = []byte("v")
					got := chooser.choices(t, topic, m)[0]
					spread[got] = true
					if c.want != anywhere {
						is.Equal(got, c.want)
					}
				}
				is.Equal(len(spread) > 50, c.want == anywhere)
			})
		}
	}
}

func TestMessagesThatSomeRuleSticksToAPartition(t *testing.T) {
	for name, key := range map[string][]byte{"murmur2": nil, "sticky": []byte("any key")} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c := chooserOf(t, name)
			topics := []cluster.Topic{topicOf("a", 0, 0, 0), topicOf("b", 0, 0, 0, 0)}
			seen := map[string]map[int32]bool{"a": {}, "b": {}}
			for range 12 { // batches
				c.begin()
				for _, topic := range topics {
					got := c.choices(t, topic, keyed(key), keyed(key), keyed(key))
					is.Equal(got, []int32{got[0], got[0], got[0]})
					seen[topic.Name][got[0]] = true
				}
			}
			is.Equal(len(seen["a"]), 3) // all partitions in turn
			is.Equal(len(seen["b"]), 4)
		})
	}
}

func TestRoundRobinIsByTopic(t *testing.T) {
	is := is.New(t)
	c := chooserOf(t, "round-robin")
	a, b := topicOf("a", 0, 0, 0), topicOf("b", 0, 0)
	var gotA, gotB []int32
	for range 4 {
		gotA = append(gotA, c.choices(t, a, keyed([]byte("x")))...)
		gotB = append(gotB, c.choices(t, b, keyed(nil))...)
	}
	is.Equal(gotA, []int32{0, 1, 2, 0})
	is.Equal(gotB, []int32{0, 1, 0, 1})
	is.Equal(c.choices(t, topicOf("a", 0), keyed(nil), keyed(nil)), []int32{0, 0}) // the topic was created again, smaller
}

func TestLeastBytesLevelsKeysAndValues(t *testing.T) {
	is := is.New(t)
	c := chooserOf(t, "least-bytes")
	topic := topicOf("a", 0, 0, 0)
	sized := func(key, value int) *message.Message {
		m := keyed(make([]byte, key))
		m.Value = make([]byte, value)
		return m
	}
	got := c.choices(t, topic, sized(10, 20), sized(5, 5), sized(20, 0), sized(1, 1), sized(4, 5), sized(0, 100))
	is.Equal(got, []int32{0, 1, 2, 1, 1, 2})
	more := topicOf("a", 0, 0, 0, 0)
	is.Equal(c.choices(t, more, sized(1, 1), sized(1, 1), sized(1, 1), sized(1, 1)), []int32{0, 1, 2, 3}) // and not all in the new one
}

func TestPartitionsWithoutALeaderArePassedOver(t *testing.T) {
	for _, name := range []string{"murmur2", "murmur2-random", "fnv-1a", "fnv-1a-reference", "consistent-random", "round-robin", "least-bytes", "sticky"} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c := chooserOf(t, name)
			seen := map[int32]int{}
			for range 300 {
				c.begin()
				m := keyed(nil)
				m.Value = []byte("v")
				seen[c.choices(t, topicOf("t", -1, 1, -1, -1, 2), m)[0]]++
			}
			is.Equal(len(seen), 2)
			is.True(seen[1] > 30 && seen[4] > 30)
			// Where there is no leader at all the message waits for one somewhere.
			id := c.choices(t, topicOf("u", -1, -1), keyed(nil))[0]
			is.True(id == 0 || id == 1)
		})
	}
}

func TestKeysStayWhereTheyAreWhileALeaderIsMissing(t *testing.T) {
	is := is.New(t)
	for _, name := range []string{"murmur2", "murmur2-random", "fnv-1a", "fnv-1a-reference", "consistent", "consistent-random"} {
		c := chooserOf(t, name)
		for i := range 100 {
			m := keyed([]byte(strconv.Itoa(i)))
			is.Equal(c.choices(t, topicOf("t", -1, 1, -1), m), c.choices(t, topicOf("t", 1, 1, 1), m))
		}
	}
}

func TestAPartitionOfTheMessagesOwn(t *testing.T) {
	is := is.New(t)
	for name := range partitioners {
		c := chooserOf(t, name)
		m := keyed([]byte("k"))
		m.Partition = 2
		is.Equal(c.choices(t, topicOf("t", 0, 0, -1), m), []int32{2})
		m.Partition = 3
		_, err := c.partition(topicOf("t", 0, 0, -1), m)
		var none *NoPartitionError
		is.True(errors.As(err, &none))
		is.Equal(*none, NoPartitionError{Topic: "t", Partition: 3, Count: 3})
		is.Equal(err.Error(), `choose partition 3 of topic "t": it has partitions 0 to 2`)
	}
}

func TestUnknownPartitioners(t *testing.T) {
	for _, name := range []string{"", "random", "Murmur2", "murmur2_random", "metadata"} {
		is := is.New(t)
		_, err := ParsePartitioner(name)
		is.True(err != nil)
		is.True(strings.Contains(err.Error(), "consistent, consistent-random, fnv-1a, fnv-1a-reference, least-bytes, murmur2, murmur2-random, round-robin, sticky"))
	}
}

func TestTheDefaultPartitionerIsJavas(t *testing.T) {
	is := is.New(t)
	c := newChooser(Partitioner{})
	topic := topicOf("t", make([]int32, 7)...)
	for i := range 100 {
		m := keyed([]byte(strconv.Itoa(i)))
		is.Equal(c.choices(t, topic, m), chooserOf(t, "murmur2").choices(t, topic, m))
	}
}
