package group

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// byServer makes a member of the protocol in which the coordinator assigns.
func byServer(c *Config) { c.Protocol = Consumer }

// shortBeats are members that come every 100 ms.
func shortBeats() kfake.Opt {
	return kfake.BrokerConfigs(map[string]string{"group.consumer.heartbeat.interval.ms": "100"})
}

func TestServerMemberJoinsReadsCommitsAndLeaves(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), shortBeats())
	m := startMember(fake, "g", byServer)
	is.NoErr(m.untilItHolds(partitions))
	epoch := m.server.Generation()
	is.True(epoch > 0)
	want := Offsets{}
	want.Set(topic, 1, Offset{At: 7, LeaderEpoch: 3, Metadata: "note"})
	taken, err := m.server.Commit(t.Context(), epoch, want)
	is.NoErr(err)
	is.Equal(taken, want)
	got, err := m.server.Committed(t.Context(), Partitions{topic: {1}})
	is.NoErr(err)
	is.Equal(got, want)
	is.NoErr(m.close())
	is.Equal(m.events, []string{"assigned", "revoked"})
	is.Equal(len(m.warned), 0)
}

func TestServerMembersDivideAndTakeOver(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(4, topic), shortBeats())
	a := startMember(fake, "g", byServer)
	is.NoErr(a.untilItHolds(4))
	b := startMember(fake, "g", byServer)
	is.NoErr(b.untilItHolds(2))
	is.NoErr(a.untilItHolds(2))
	is.Equal(a.told("revoked"), 1)
	is.NoErr(a.close())
	is.NoErr(b.untilItHolds(4))
	is.NoErr(b.close())
	is.Equal(a.told("lost")+b.told("lost"), 0)
	is.Equal(len(a.warned)+len(b.warned), 0)
}

func TestServerMemberGivesBackBeforeItSaysSo(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(4, topic), shortBeats())
	a := startMember(fake, "g", byServer)
	is.NoErr(a.untilItHolds(4))
	var b *member
	var once sync.Once
	ready := make(chan struct{})
	a.mu.Lock()
	a.revoked = func() {
		once.Do(func() {
			<-ready
			time.Sleep(500 * time.Millisecond) // five heartbeats of the other member
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.holds.Len() > 0 {
				t.Error("the other member has partitions that are still being given back")
			}
		})
	}
	a.mu.Unlock()
	b = startMember(fake, "g", byServer)
	close(ready)
	is.NoErr(b.untilItHolds(2))
	is.Equal(a.told("revoked"), 1)
	is.NoErr(a.close())
	is.NoErr(b.close())
}

// Kafka's coordinator fails while the first rebalance of a classic group is under way, and
// lets the member in afterwards. Once in, an error that nobody knows ends the member.
func TestServerMemberThatTheCoordinatorFailsToLetInTriesAgain(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), shortBeats())
	var joins atomic.Int32
	var fails atomic.Bool
	refuseBeats(fake, kerr.UnknownServerError.Code, func(r *kmsg.ConsumerGroupHeartbeatRequest) bool {
		return r.MemberEpoch == 0 && joins.Add(1) < 3 || r.MemberEpoch > 0 && fails.Load()
	})
	m := startMember(fake, "g", byServer)
	is.NoErr(m.untilItHolds(partitions))
	is.Equal(joins.Load(), int32(3))
	fails.Store(true)
	is.True(errors.Is(m.ended(), kafkago.Unknown))
}
