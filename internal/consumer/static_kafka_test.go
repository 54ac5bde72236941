package consumer

import (
	"fmt"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

// Static members restart, the leader and another one, and with each kind of
// balancer: they get back what they had, the generation stays the same, and what
// the restarted leader has to watch is watched all the same.
func TestStaticMembersRestartWithoutARebalance(t *testing.T) {
	for _, balancer := range []string{"cooperative-sticky", "range"} {
		t.Run(balancer, func(t *testing.T) {
			is := is.New(t)
			ctx, kafka, truth := realKafka(t)
			topic, g := kafka.NewTopic(t, 4, nil), broker.Name(t)
			open := func(instance string) *Consumer {
				return openWith(t, kafka.Servers(), topic, g, func(c *Config) {
					c.Group.InstanceID = instance
					c.Group.Balancers = []string{balancer}
				})
			}
			leader := open("leader")
			settled(ctx, t, leader, 4)
			other := open("other")
			settled(ctx, t, leader, 2)
			settled(ctx, t, other, 2)
			members(ctx, t, truth, g, 2)
			generation := leader.member.Generation()
			is.Equal(other.member.Generation(), generation)

			for round := range 3 {
				is.NoErr(other.Close(ctx))
				other = open("other")
				settled(ctx, t, other, 2)
				is.NoErr(leader.Close(ctx))
				leader = open("leader")
				settled(ctx, t, leader, 2)
				is.Equal(other.member.Generation(), generation)
				is.Equal(leader.member.Generation(), generation)
				t.Logf("round %d: both were restarted, the generation is %d as before", round, generation)
			}
			members(ctx, t, truth, g, 2)
			is.NoErr(truth.Produce(ctx, each(topic, 4)...))
			readBy(t, leader, 2)
			readBy(t, other, 2)

			is.NoErr(truth.AddPartitions(ctx, topic, 6))
			settled(ctx, t, leader, 3)
			settled(ctx, t, other, 3)
			is.True(leader.member.Generation() > generation)
			is.NoErr(leader.Close(ctx))
			is.NoErr(other.Close(ctx))
		})
	}
}

// The coordinator doesn't look at what a static member subscribes to when it comes
// back: the member has to.
func TestAStaticMemberComesBackWithOtherTopics(t *testing.T) {
	// What it has of four partitions, two of which the other member doesn't read.
	for balancer, want := range map[string]int{"cooperative-sticky": 2, "range": 3} {
		t.Run(balancer, func(t *testing.T) {
			is := is.New(t)
			ctx, kafka, truth := realKafka(t)
			one, two, g := kafka.NewTopic(t, 2, nil), kafka.NewTopic(t, 2, nil), broker.Name(t)
			open := func(instance string, topics ...string) *Consumer {
				return openWith(t, kafka.Servers(), "", g, func(c *Config) {
					c.Group.InstanceID, c.Group.Topics, c.Group.Balancers = instance, topics, []string{balancer}
				})
			}
			for _, restarted := range []string{"leader", "other"} {
				leader := open("leader", one)
				settled(ctx, t, leader, 2)
				other := open("other", one)
				settled(ctx, t, leader, 1)
				settled(ctx, t, other, 1)
				c, rest := leader, other
				if restarted == "other" {
					c, rest = other, leader
				}

				is.NoErr(c.Close(ctx))
				c = open(restarted, one, two) // one more
				settled(ctx, t, c, want)
				settled(ctx, t, rest, 4-want)

				is.NoErr(c.Close(ctx))
				c = open(restarted, two) // one less
				settled(ctx, t, c, 2)
				settled(ctx, t, rest, 2)
				is.NoErr(truth.Produce(ctx, append(each(one, 2), each(two, 2)...)...))
				readBy(t, c, 2)
				readBy(t, rest, 2)
				is.NoErr(c.Close(ctx))
				is.NoErr(rest.Close(ctx))
				g = broker.Name(t)
				one, two = kafka.NewTopic(t, 2, nil), kafka.NewTopic(t, 2, nil)
			}
		})
	}
}

// While the only member was away the topic was made again with fewer partitions. The
// coordinator gives it those that it had: it asks for an assignment that fits.
func TestAStaticMemberComesBackToFewerPartitions(t *testing.T) {
	for _, balancer := range []string{"cooperative-sticky", "range"} {
		t.Run(balancer, func(t *testing.T) {
			is := is.New(t)
			ctx, kafka, truth := realKafka(t)
			topic, g := kafka.NewTopic(t, 4, nil), broker.Name(t)
			open := func() *Consumer {
				return openWith(t, kafka.Servers(), topic, g, func(c *Config) {
					c.Group.InstanceID, c.Group.Balancers = "me", []string{balancer}
				})
			}
			c := open()
			settled(ctx, t, c, 4)
			generation := c.member.Generation()
			is.NoErr(c.Close(ctx))
			is.NoErr(truth.DeleteTopic(ctx, topic))
			is.NoErr(truth.CreateTopic(ctx, topic, 2, nil))
			c = open()
			for c.member.Generation() <= generation && ctx.Err() == nil {
				time.Sleep(10 * time.Millisecond)
			}
			is.True(c.member.Generation() > generation)
			settled(ctx, t, c, 2)
			is.NoErr(truth.Produce(ctx, each(topic, 2)...))
			readBy(t, c, 2)
			is.NoErr(c.Close(ctx))
		})
	}
}

// While the only member was away the topic grew. Where the coordinator assigns, it has to
// notice that by itself.
func TestServerStaticMemberComesBackToMorePartitions(t *testing.T) {
	is := is.New(t)
	ctx, kafka, truth := realKafka(t)
	topic, g := kafka.NewTopic(t, 2, nil), broker.Name(t)
	open := func() *Consumer {
		return openWith(t, kafka.Servers(), topic, g, func(c *Config) {
			byServer(c)
			c.Group.InstanceID = "me"
		})
	}
	c := open()
	settled(ctx, t, c, 2)
	is.NoErr(c.Close(ctx))
	is.NoErr(truth.AddPartitions(ctx, topic, 4))
	c = open()
	settled(ctx, t, c, 4)
	is.NoErr(truth.Produce(ctx, each(topic, 4)...))
	readBy(t, c, 4)
	is.NoErr(c.Close(ctx))
}

// each makes a record for each partition of a topic.
func each(topic string, partitions int32) []*kgo.Record {
	var out []*kgo.Record
	for p := range partitions {
		out = append(out, &kgo.Record{Topic: topic, Partition: p, Value: fmt.Append(nil, p)})
	}
	return out
}

// readBy reads n records and acknowledges them.
func readBy(t *testing.T, c *Consumer, n int) {
	t.Helper()
	for n > 0 {
		batches, err := c.Next(t.Context(), n)
		is.New(t).NoErr(err)
		for _, b := range batches {
			for _, r := range b.Records {
				c.Ack(recordOf(b, r.Offset))
				n--
			}
		}
	}
}
