package group

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// refuseBeats has heartbeats of members that are in a group answered with an error code,
// while it returns true.
func refuseBeats(fake *kfake.Cluster, code int16, while func(*kmsg.ConsumerGroupHeartbeatRequest) bool) {
	embedded.Answer(fake, kmsg.ConsumerGroupHeartbeat, func(req kmsg.Request) kmsg.Response {
		r := req.(*kmsg.ConsumerGroupHeartbeatRequest)
		if !while(r) {
			return nil
		}
		res := r.ResponseKind().(*kmsg.ConsumerGroupHeartbeatResponse)
		res.ErrorCode = code
		return res
	})
}

// once is true for the first heartbeat of a member that is in its group.
func once() func(*kmsg.ConsumerGroupHeartbeatRequest) bool {
	var done atomic.Bool
	return func(r *kmsg.ConsumerGroupHeartbeatRequest) bool {
		return r.MemberEpoch > 0 && len(r.Topics) == 0 && !done.Swap(true)
	}
}

// A member that was given up gives its partitions up as well, without a commit, and joins
// again.
func TestServerMemberThatIsFencedJoinsAgain(t *testing.T) {
	for _, code := range []*kerr.Error{kerr.FencedMemberEpoch, kerr.UnknownMemberID, kerr.StaleMemberEpoch} {
		t.Run(code.Message, func(t *testing.T) {
			is := is.New(t)
			fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), shortBeats())
			refuseBeats(fake, code.Code, once())
			m := startMember(fake, "g", byServer)
			is.NoErr(m.until("it has lost its partitions", func() bool { return m.told("lost") == 1 }))
			is.NoErr(m.untilItHolds(partitions))
			is.NoErr(m.close())
			is.Equal(m.events, []string{"assigned", "lost", "assigned", "revoked"})
			is.Equal(m.warnings(kafkago.Error(code.Code)), 1)
		})
	}
}

// Trouble that passes does not cost a partition, and what was not answered is said again.
func TestServerMemberKeepsItsPartitionsWhileTheCoordinatorMoves(t *testing.T) {
	for _, code := range []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.CoordinatorNotAvailable} {
		t.Run(code.Message, func(t *testing.T) {
			is := is.New(t)
			fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), shortBeats())
			var full atomic.Bool
			refuse := once()
			var refused atomic.Bool
			refuseBeats(fake, code.Code, func(r *kmsg.ConsumerGroupHeartbeatRequest) bool {
				if refused.Load() && r.MemberEpoch > 0 && len(r.Topics) == 1 && len(r.SubscribedTopicNames) == 1 {
					full.Store(true)
				}
				if refuse(r) {
					refused.Store(true)
					return true
				}
				return false
			})
			m := startMember(fake, "g", byServer)
			is.NoErr(m.untilItHolds(partitions))
			is.NoErr(m.until("it has said all again", full.Load))
			is.NoErr(m.close())
			is.Equal(m.events, []string{"assigned", "revoked"})
		})
	}
}

// What the settings, or another member, make impossible ends the member with an error that
// says what to do.
func TestServerMemberEndsWithARemedy(t *testing.T) {
	for code, want := range map[*kerr.Error]string{
		kerr.UnsupportedAssignor: `groupRemoteAssignor is "nobody's"`,
		kerr.FencedInstanceID:    `groupInstanceID ""`,
		kerr.UnsupportedVersion:  "groupProtocol is consumer, which this cluster does not offer",
		kerr.GroupIDNotFound:     "group.consumer.migration.policy",
	} {
		t.Run(code.Message, func(t *testing.T) {
			is := is.New(t)
			fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), shortBeats())
			refuseBeats(fake, code.Code, func(*kmsg.ConsumerGroupHeartbeatRequest) bool { return true })
			m := startMember(fake, "g", func(c *Config) { byServer(c); c.Assignor = "nobody's" })
			err := m.ended()
			is.True(err != nil)
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not say %q", err, want)
			}
		})
	}
}

// One topic that may not be seen does not keep the others from being read.
func TestServerMemberLeavesOutATopicThatIsDenied(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic, "secret"), shortBeats())
	embedded.Answer(fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		r := req.(*kmsg.MetadataRequest)
		for _, t := range r.Topics {
			if t.Topic != nil && *t.Topic == "secret" {
				return embedded.Refusal(req, kerr.TopicAuthorizationFailed.Code)
			}
		}
		return nil
	})
	refuseBeats(fake, kerr.TopicAuthorizationFailed.Code, func(r *kmsg.ConsumerGroupHeartbeatRequest) bool {
		for _, t := range r.SubscribedTopicNames {
			if t == "secret" {
				return true
			}
		}
		return false
	})
	m := startMember(fake, "g", func(c *Config) { byServer(c); c.Topics = []string{topic, "secret"} })
	is.NoErr(m.until("it warns", func() bool { return m.warnings(kafkago.TopicAuthorizationFailed) > 0 }))
	is.NoErr(m.close())
}

// A process that was killed has left its member behind.
func TestServerMemberTakesTheFormerOneOut(t *testing.T) {
	for _, instance := range []string{"", "name"} {
		t.Run("instance "+instance, func(t *testing.T) {
			is := is.New(t)
			fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), shortBeats())
			dead := startMember(fake, "g", func(c *Config) { byServer(c); c.InstanceID = instance })
			is.NoErr(dead.untilItHolds(partitions))
			dead.client.Close()
			dead.stop()
			<-dead.done
			m := startMember(fake, "g", func(c *Config) {
				byServer(c)
				c.InstanceID, c.Former = instance, dead.server.MemberID()
			})
			is.NoErr(m.untilItHolds(partitions))
			is.NoErr(m.close())
			is.Equal(len(m.warned), 0)
		})
	}
}

// The member may not have heard yet of the epoch that the coordinator knows.
func TestServerCommitThatIsStaleCanBeMadeAgain(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), shortBeats())
	var refused atomic.Int32
	embedded.Answer(fake, kmsg.OffsetCommit, func(req kmsg.Request) kmsg.Response {
		if refused.Add(1) > 1 {
			return nil
		}
		return embedded.Refusal(req, kerr.StaleMemberEpoch.Code)
	})
	m := startMember(fake, "g", byServer)
	is.NoErr(m.untilItHolds(partitions))
	offsets := Offsets{topic: {0: {At: 1}}}
	_, err := m.server.Commit(t.Context(), m.server.Generation(), offsets)
	is.True(errors.Is(err, cluster.StaleMemberEpoch))
	taken, err := m.server.Commit(t.Context(), m.server.Generation(), offsets)
	is.NoErr(err)
	is.Equal(taken, offsets)
	is.NoErr(m.close())
}

// An offset that is committed in an open transaction is not known yet.
func TestServerMemberWaitsForOffsetsOfATransaction(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), shortBeats())
	var asked atomic.Int32
	embedded.Answer(fake, kmsg.OffsetFetch, func(req kmsg.Request) kmsg.Response {
		r := req.(*kmsg.OffsetFetchRequest)
		if !r.RequireStable {
			t.Error("unstable offsets would do")
		}
		if asked.Add(1) > 2 {
			return nil
		}
		res := r.ResponseKind().(*kmsg.OffsetFetchResponse)
		res.Groups = []kmsg.OffsetFetchResponseGroup{{Group: "g", Topics: []kmsg.OffsetFetchResponseGroupTopic{{
			Topic: topic, Partitions: []kmsg.OffsetFetchResponseGroupTopicPartition{{Partition: 0, Offset: -1, ErrorCode: kerr.UnstableOffsetCommit.Code}},
		}}}}
		return res
	})
	m := startMember(fake, "g", byServer)
	is.NoErr(m.untilItHolds(partitions))
	got, err := m.server.Committed(t.Context(), Partitions{topic: {0}})
	is.NoErr(err)
	is.Equal(got, Offsets{topic: {0: {At: -1, LeaderEpoch: -1}}})
	is.Equal(asked.Load(), int32(3))
	is.NoErr(m.close())
}

// What a heartbeat's error means for the partitions that are held: trouble of the
// coordinator costs nothing, a membership that is gone loses them, and the rest ends the
// member, unless it is told to try again.
func TestServerMemberBeatsThroughEachErrorCode(t *testing.T) {
	t.Parallel()
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), shortBeats())
	var mu sync.Mutex
	codes := make(map[string]int16) // by group, for one heartbeat
	embedded.Answer(fake, kmsg.ConsumerGroupHeartbeat, func(req kmsg.Request) kmsg.Response {
		r := req.(*kmsg.ConsumerGroupHeartbeatRequest)
		mu.Lock()
		defer mu.Unlock()
		code, ok := codes[r.Group]
		if !ok || r.MemberEpoch <= 0 {
			return nil
		}
		delete(codes, r.Group)
		res := r.ResponseKind().(*kmsg.ConsumerGroupHeartbeatResponse)
		res.ErrorCode = code
		return res
	})
	gone := []int16{kerr.FencedMemberEpoch.Code, kerr.StaleMemberEpoch.Code, kerr.UnknownMemberID.Code}
	final := []int16{kerr.FencedInstanceID.Code, kerr.UnsupportedAssignor.Code, kerr.UnsupportedVersion.Code}
	eachCode(t, func(code int16, group string, retryJoin bool) error {
		m := startMember(fake, group, func(c *Config) { byServer(c); c.RetryJoin = retryJoin })
		if err := m.untilItHolds(partitions); err != nil {
			return err
		}
		mu.Lock()
		codes[group] = code
		mu.Unlock()
		passes := slices.Contains(gone, code) || code == kerr.UnreleasedInstanceID.Code || retryJoin || cluster.Retriable(cluster.CodeError(code))
		if slices.Contains(final, code) || !passes {
			if err := m.ended(); !errors.Is(err, kafkago.Error(code)) || !strings.Contains(err.Error(), group) {
				return fmt.Errorf("ended with: %w", err)
			}
			return nil
		}
		want := []string{"assigned", "revoked"}
		if slices.Contains(gone, code) {
			want = []string{"assigned", "lost", "assigned", "revoked"}
		}
		err := m.until("the refusal is over", func() bool {
			mu.Lock()
			defer mu.Unlock()
			_, left := codes[group]
			return !left && m.warnings(kafkago.Error(code)) == 1
		})
		if err := errors.Join(err, m.until("it is back", func() bool { return m.told("assigned") == len(want)/2 }), m.untilItHolds(partitions), m.close()); err != nil {
			return err
		}
		if !slices.Equal(m.events, want) {
			return fmt.Errorf("told %v, want %v", m.events, want)
		}
		return nil
	})
}
