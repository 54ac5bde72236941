package consumer

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

// The coordinator finds the topics that match, those among them that come later, and lets
// go of those that are deleted. It looks for them every ten seconds.
func TestServerMemberReadsTopicsThatTheCoordinatorFinds(t *testing.T) {
	is := is.New(t)
	ctx, kafka, truth := realKafka(t)
	g := broker.Name(t)
	one, two, other := g+".one", g+".two", "other."+g
	is.NoErr(truth.CreateTopic(ctx, one, 2, nil))
	is.NoErr(truth.CreateTopic(ctx, other, 3, nil))
	c := openWith(t, kafka.Servers(), "", g, func(c *Config) {
		byServer(c)
		re := regexp.MustCompile("^(?:" + regexp.QuoteMeta(g) + `\.[a-z]{3})$`)
		c.Group.Topics, c.Group.Match, c.Group.Pattern = nil, re.MatchString, re.String()
		c.Group.Warn = func(msg string, err error) {
			if t.Log(msg, err); strings.Contains(err.Error(), "topicsRegex") {
				t.Error("it looks for its topics itself")
			}
		}
	})
	settled(ctx, t, c, 2)
	is.NoErr(truth.CreateTopic(ctx, two, 2, nil))
	settled(ctx, t, c, 4)
	is.NoErr(truth.Produce(ctx, append(each(one, 2), each(two, 2)...)...))
	readBy(t, c, 4)
	is.NoErr(truth.DeleteTopic(ctx, one))
	settled(ctx, t, c, 2)
	is.NoErr(truth.Produce(ctx, each(two, 2)...))
	readBy(t, c, 2)
	is.NoErr(c.Close(ctx))
	committed, err := truth.Committed(ctx, g, two)
	is.NoErr(err)
	is.Equal(committed, map[int32]int64{0: 2, 1: 2})
}

// Kafka reads RE2/J where Go reads its own dialect of RE2: what only Go takes costs a
// warning.
func TestServerMemberFindsItsTopicsThoughKafkaDoesNotTakeThePattern(t *testing.T) {
	is := is.New(t)
	ctx, kafka, _ := realKafka(t)
	topic, g := kafka.NewTopic(t, 2, nil), broker.Name(t)
	refused := make(chan error, 10)
	c := openWith(t, kafka.Servers(), "", g, func(c *Config) {
		byServer(c)
		c.Group.Topics, c.Group.Match, c.Group.Pattern = nil, func(name string) bool { return name == topic }, "(?<=a)b"
		c.Group.Warn = func(_ string, err error) { refused <- err }
	})
	settled(ctx, t, c, 2)
	t.Log(<-refused)
	is.NoErr(c.Close(ctx))
}

// What is of a topic that was deleted and made again is not committed for the new one.
func TestCommitOfATopicThatWasMadeAgainIsRefused(t *testing.T) {
	for name, change := range map[string]func(*Config){"classic": func(*Config) {}, "consumer": byServer} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx, kafka, truth := realKafka(t)
			topic, g := kafka.NewTopic(t, 2, nil), broker.Name(t)
			c := openWith(t, kafka.Servers(), topic, g, change)
			settled(ctx, t, c, 2)
			former, known := c.client.Cached(topic)
			is.True(known)
			offsets := group.Offsets{topic: {1: {At: 7, TopicID: former.ID}}}
			taken, err := c.member.Commit(ctx, c.member.Generation(), offsets)
			is.NoErr(err)
			is.Equal(taken, offsets)
			is.NoErr(truth.DeleteTopic(ctx, topic))
			is.NoErr(truth.CreateTopic(ctx, topic, 2, nil))
			for { // until the coordinator has heard of it
				offsets[topic][1] = group.Offset{At: 8, TopicID: former.ID}
				taken, err = c.member.Commit(ctx, c.member.Generation(), offsets)
				if len(taken) == 0 && (err == nil || errors.Is(err, kafkago.UnknownTopicID)) {
					break
				}
				t.Log(taken, err)
				is.NoErr(ctx.Err())
				time.Sleep(100 * time.Millisecond)
			}
			t.Log(err)
			is.NoErr(c.Close(ctx))
			committed, err := truth.Committed(ctx, g, topic)
			is.NoErr(err)
			is.True(committed[1] < 7)
		})
	}
}
