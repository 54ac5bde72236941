package group

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func TestStaticMemberLooksAtItsAssignmentLessAndLessOften(t *testing.T) {
	is := is.New(t)
	m := NewMember(nil, Config{InstanceID: "me", MetadataInterval: time.Hour}, nil)
	m.lookInterval = firstLook
	now := time.Now()
	var waits []time.Duration
	for range 12 {
		m.postponeLook(now)
		waits = append(waits, m.lookAt.Sub(now))
	}
	is.Equal(waits[:4], []time.Duration{firstLook, 2 * firstLook, 4 * firstLook, 8 * firstLook})
	is.Equal(waits[11], maxLookInterval)
	is.True(m.metadataInterval() > maxLookInterval/2) // so nothing else wakes it before

	m.counts, m.topics = map[string]int32{}, []string{"missing"}
	is.Equal(m.metadataInterval(), missingTopicInterval) // still waited for
	m.verified = true
	is.True(!m.looks())
}

// Whatever a look at the group's assignment takes, heartbeats go on.
func TestStaticMemberBeatsThoughTheAssignmentIsNotDescribed(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(1, topic))
	looked := embedded.Count(fake, int16(kmsg.DescribeGroups))
	embedded.Ignore(fake, int16(kmsg.DescribeGroups), 100)
	var beats atomic.Int64
	embedded.Answer(fake, kmsg.Heartbeat, func(req kmsg.Request) kmsg.Response {
		if req.(*kmsg.HeartbeatRequest).InstanceID != nil {
			beats.Add(1)
		}
		return nil
	})
	// One that is no leader looks. The only partition stays where it is, and so nothing
	// makes the group rebalance again. The look waits for a third of the session; the
	// request timeout is longer than all of it.
	other := startMember(fake, "g", nil)
	is.NoErr(other.untilItHolds(1))
	m := startMember(fake, "g", func(c *Config) {
		c.InstanceID, c.SessionTimeout, c.RebalanceTimeout, c.MetadataInterval = "me", 15*time.Second, 30*time.Second, 50*time.Millisecond
	})
	is.NoErr(m.until("it has looked", func() bool { return looked.Load() > 0 }))
	before := beats.Load()
	is.NoErr(m.until("it looks once more and beats", func() bool { return looked.Load() > 1 && beats.Load() > before }))
	is.Equal(m.warnings(kafkago.UnknownMemberId), 0) // the coordinator has always heard of it
	is.NoErr(m.close())
	is.NoErr(other.close())
}
