package group

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// A static leader that comes back is the only one to watch what another member reads.
func TestStaticLeaderThatComesBackWatchesTheTopicsOfAllMembers(t *testing.T) {
	const another = "u"
	t.Parallel()
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), kfake.SeedTopics(1, another))
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	defer truth.Close()
	static := func(c *Config) {
		c.InstanceID, c.SessionTimeout, c.Balancers, c.MetadataInterval = "me", time.Minute, []string{"range"}, 50*time.Millisecond
	}
	leader := startMember(fake, "g", static)
	is.NoErr(leader.untilItHolds(partitions))
	other := startMember(fake, "g", func(c *Config) {
		c.Topics, c.SessionTimeout, c.Balancers = []string{another}, time.Minute, []string{"range"}
	})
	is.NoErr(other.untilItHolds(1))
	is.NoErr(leader.untilItHolds(partitions))
	is.NoErr(leader.close())

	var mu sync.Mutex
	var assigned []bool // whether the leader made an assignment, in each SyncGroup
	embedded.Answer(fake, kmsg.SyncGroup, func(req kmsg.Request) kmsg.Response {
		if r := req.(*kmsg.SyncGroupRequest); r.InstanceID != nil {
			mu.Lock()
			assigned = append(assigned, len(r.GroupAssignment) > 0)
			mu.Unlock()
		}
		return nil
	})
	generation := other.Generation()
	leader = startMember(fake, "g", static)
	is.NoErr(leader.untilItHolds(partitions))
	is.Equal(leader.Generation(), generation) // nothing stopped for it
	is.NoErr(truth.AddPartitions(t.Context(), another, 2))
	is.NoErr(other.untilItHolds(2))
	mu.Lock()
	is.True(!assigned[0])
	is.True(slices.Contains(assigned, true))
	mu.Unlock()
	is.NoErr(leader.close())
	is.NoErr(other.close())
}

// The brokers' logs say why a member joins and leaves (KIP-800), from Kafka 3.2 on.
func TestMemberSaysWhyItJoinsAndLeaves(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		versions *kversion.Versions
		says     bool
	}{"Kafka 3.0": {kversion.V3_0_0(), false}, "Kafka 3.2": {kversion.V3_2_0(), true}} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), kfake.MaxVersions(test.versions))
			truth, err := kclient.New(fake.ListenAddrs())
			is.NoErr(err)
			defer truth.Close()
			var mu sync.Mutex
			var reasons []string
			note := func(reason *string) kmsg.Response {
				mu.Lock()
				defer mu.Unlock()
				if reason != nil {
					reasons = append(reasons, *reason)
				}
				return nil
			}
			embedded.Answer(fake, kmsg.JoinGroup, func(req kmsg.Request) kmsg.Response { return note(req.(*kmsg.JoinGroupRequest).Reason) })
			embedded.Answer(fake, kmsg.LeaveGroup, func(req kmsg.Request) kmsg.Response {
				r := req.(*kmsg.LeaveGroupRequest)
				if len(r.Members) == 0 {
					return nil
				}
				return note(r.Members[0].Reason)
			})
			m := startMember(fake, "g", func(c *Config) { c.MetadataInterval = 50 * time.Millisecond })
			is.NoErr(m.untilItHolds(partitions))
			is.NoErr(truth.AddPartitions(t.Context(), topic, partitions+1))
			is.NoErr(m.untilItHolds(partitions + 1))
			is.NoErr(m.close())
			var want []string
			if test.says {
				want = []string{"topics or partitions have changed", "the source is stopped"}
			}
			is.Equal(reasons, want)
		})
	}
}
