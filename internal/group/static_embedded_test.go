package group

import (
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
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	looked := embedded.Count(fake, int16(kmsg.DescribeGroups))
	embedded.Ignore(fake, int16(kmsg.DescribeGroups), 100)
	beats := embedded.Count(fake, int16(kmsg.Heartbeat))
	// One that comes back with the assignment that it had is no leader, and looks.
	static := func(c *Config) {
		c.InstanceID, c.SessionTimeout, c.MetadataInterval = "me", 600*time.Millisecond, 50*time.Millisecond
	}
	other := startMember(fake, "g", nil)
	is.NoErr(other.untilItHolds(partitions))
	m := startMember(fake, "g", static)
	is.NoErr(m.until("it has looked", func() bool { return looked.Load() > 0 }))
	before := beats.Load()
	is.NoErr(m.until("it has looked again", func() bool { return looked.Load() > 2 && beats.Load() > before }))
	is.Equal(m.warnings(kafkago.UnknownMemberId), 0) // the coordinator has always heard of it
	is.NoErr(m.close())
	is.NoErr(other.close())
}
