package cluster

import (
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// hinted is a client that knows two brokers, and a topic of two partitions which broker 1
// leads in epoch 4.
func hinted(t *testing.T) *Client {
	t.Helper()
	c := New(nil, wire.Config{DialTimeout: time.Minute, RequestTimeout: time.Minute})
	t.Cleanup(c.Close)
	c.learnLocked(Topic{Name: "t", ID: TopicID{1}, Partitions: []Partition{{ID: 0, Leader: 1, LeaderEpoch: 4}, {ID: 1, Leader: 1, LeaderEpoch: 4}}}, false)
	c.listedLocked([]Endpoint{{1, "one", 9092}, {2, "two", 9092}})
	return c
}

// leader is who leads a partition of the topic, and in which epoch.
func (c *Client) leader(partition int32) [2]int32 {
	t, _ := c.Cached("t")
	p, _ := t.Partition(partition)
	return [2]int32{p.Leader, p.LeaderEpoch}
}

func TestHintIsTakenIfItIsNews(t *testing.T) {
	for name, test := range map[string]struct {
		hint  LeaderHint
		taken bool
	}{
		"a newer epoch":               {LeaderHint{"t", TopicID{1}, 0, 2, 5}, true},
		"by name":                     {LeaderHint{"t", TopicID{}, 0, 2, 5}, true},
		"a newer epoch, the same":     {LeaderHint{"t", TopicID{1}, 0, 1, 6}, true},
		"the known epoch":             {LeaderHint{"t", TopicID{1}, 0, 2, 4}, false},
		"an older epoch":              {LeaderHint{"t", TopicID{1}, 0, 2, 3}, false},
		"no epoch":                    {LeaderHint{"t", TopicID{1}, 0, 2, -1}, false},
		"no leader":                   {LeaderHint{"t", TopicID{1}, 0, -1, 5}, false},
		"another topic of that name":  {LeaderHint{"t", TopicID{2}, 0, 2, 5}, false},
		"a partition that is unknown": {LeaderHint{"t", TopicID{1}, 2, 2, 5}, false},
		"a topic that is unknown":     {LeaderHint{"u", TopicID{1}, 0, 2, 5}, false},
		"a broker that is unknown":    {LeaderHint{"t", TopicID{1}, 0, 3, 5}, false},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c := hinted(t)
			before, _ := c.Cached("t")
			taken := c.TakeHints([]LeaderHint{test.hint}, nil)
			want := [2]int32{1, 4}
			if test.taken {
				is.Equal(taken, []LeaderHint{test.hint})
				want = [2]int32{test.hint.Leader, test.hint.LeaderEpoch}
			} else {
				is.Equal(len(taken), 0)
			}
			is.Equal(c.leader(0), want)
			is.Equal(c.leader(1), [2]int32{1, 4})
			is.Equal(before.Partitions[0].Leader, int32(1)) // what others have read stays
		})
	}
}

// A topic that metadata describes no more does not come back by a hint.
func TestHintOfATopicThatIsGoneIsLeft(t *testing.T) {
	is := is.New(t)
	c := hinted(t)
	c.learnLocked(Topic{Name: "t", Err: kafkago.UnknownTopicOrPartition}, false)
	is.Equal(len(c.TakeHints([]LeaderHint{{"t", TopicID{1}, 0, 2, 5}}, nil)), 0)
}

func TestHintOfBrokersThatNameEachOtherIsTakenOnce(t *testing.T) {
	is := is.New(t)
	c := hinted(t)
	is.Equal(len(c.TakeHints([]LeaderHint{{"t", TopicID{1}, 0, 2, 5}}, nil)), 1)
	for range 3 {
		is.Equal(len(c.TakeHints([]LeaderHint{{"t", TopicID{1}, 0, 1, 5}}, nil)), 0)
		is.Equal(len(c.TakeHints([]LeaderHint{{"t", TopicID{1}, 0, 2, 5}}, nil)), 0)
	}
	is.Equal(c.leader(0), [2]int32{2, 5})
}

func TestHintsOfAnAnswerAreTakenTogether(t *testing.T) {
	is := is.New(t)
	c := hinted(t)
	taken := c.TakeHints([]LeaderHint{{"t", TopicID{1}, 0, 2, 5}, {"t", TopicID{1}, 1, 3, 6}, {"t", TopicID{1}, 0, 1, 5}},
		[]Endpoint{{3, "three", 9093}})
	is.Equal(len(taken), 2)
	is.Equal(c.leader(0), [2]int32{2, 5})
	is.Equal(c.leader(1), [2]int32{3, 6})
	is.Equal(c.brokers[3], "three:9093")
}

// A leader has another address since it was started again.
func TestHintTellsWhereTheLeaderIs(t *testing.T) {
	is := is.New(t)
	c := hinted(t)
	c.TakeHints([]LeaderHint{{"t", TopicID{1}, 0, 2, 5}}, []Endpoint{{1, "elsewhere", 1}, {2, "new", 9092}})
	is.Equal(c.brokers[2], "new:9092")
	is.Equal(c.brokers[1], "one:9092") // of whom it is no news
	c.TakeHints([]LeaderHint{{"t", TopicID{1}, 0, 2, 6}}, []Endpoint{{2, "", 9092}})
	is.Equal(c.brokers[2], "new:9092") // the other would be this machine
	is.Equal(c.leader(0), [2]int32{2, 6})
}

// Metadata of before the hint is older, that of the same epoch is the truth.
func TestHintGivesWayToMetadataOfItsEpoch(t *testing.T) {
	is := is.New(t)
	c := hinted(t)
	c.TakeHints([]LeaderHint{{"t", TopicID{1}, 0, 2, 5}}, nil)
	told := func(leader, epoch int32) Topic {
		return Topic{Name: "t", ID: TopicID{1}, Partitions: []Partition{{ID: 0, Leader: leader, LeaderEpoch: epoch}, {ID: 1, Leader: 1, LeaderEpoch: 4}}}
	}
	is.True(len(c.doubtful(map[string]Topic{"t": told(1, 4)})) > 0) // others are asked about it
	c.learnLocked(told(1, 4), false)
	is.Equal(c.leader(0), [2]int32{2, 5})
	c.learnLocked(told(1, 5), false)
	is.Equal(c.leader(0), [2]int32{1, 5})
}
