package group

import (
	"errors"
	"fmt"
	"strings"
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

func TestFindsItsCoordinatorThroughEachErrorCode(t *testing.T) {
	entersThrough(t, kmsg.FindCoordinator)
}

func TestJoinsThroughEachErrorCode(t *testing.T) { entersThrough(t, kmsg.JoinGroup) }

func TestSyncsThroughEachErrorCode(t *testing.T) { entersThrough(t, kmsg.SyncGroup) }

// entersThrough has a request on the way into a group refused twice. Either the
// member holds its partitions in the end, or the first refusal ends it with an
// error that names the group.
func entersThrough(t *testing.T, key kmsg.Key) {
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	refuse := embedded.Refuse(fake, key, groupOf)
	eachCode(t, func(code int16, group string, retryJoin bool) error {
		refuse.Next(group, code, 2)
		m := startMember(fake, group, func(c *Config) { c.RetryJoin = retryJoin })
		if !passes(code, retryJoin) {
			err := m.ended()
			if !errors.Is(err, kafkago.Error(code)) || !strings.Contains(err.Error(), group) || refuse.Left(group) != 1 {
				return fmt.Errorf("after %d refusals: %w", 2-refuse.Left(group), err)
			}
			return nil
		}
		if err := errors.Join(m.untilItHolds(partitions), m.close()); err != nil {
			return err
		}
		if n := m.told("lost"); n > 0 || refuse.Left(group) != 0 {
			return fmt.Errorf("%d refusals left, told %v", refuse.Left(group), m.events)
		}
		return nil
	})
}

// A coordinator that always asks for a member ID is not asked as fast as it answers,
// whether it offers the same ID each time or another one.
func TestAMemberIDThatIsAskedForAgainIsAnError(t *testing.T) {
	for name, id := range map[string]func(n int64) string{
		"the same":    func(int64) string { return "you" },
		"another one": func(n int64) string { return fmt.Sprint("you ", n) },
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
			n := embedded.Count(fake, int16(kmsg.JoinGroup))
			embedded.Answer(fake, kmsg.JoinGroup, func(req kmsg.Request) kmsg.Response {
				res := embedded.Refusal(req, kerr.MemberIDRequired.Code).(*kmsg.JoinGroupResponse)
				res.MemberID = id(n.Load())
				return res
			})
			m := startMember(fake, "g", nil)
			is.NoErr(m.until("it has warned", func() bool { return m.warnings(kafkago.MemberIDRequired) > 1 }))
			is.NoErr(m.close())
			is.True(n.Load() < 20)
		})
	}
}

// A coordinator that moves partitions to and fro without an end.
func TestMemberJoinsEverMoreSlowlyWhereItsPartitionsKeepOnMoving(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	n := embedded.Count(fake, int16(kmsg.SyncGroup))
	embedded.Answer(fake, kmsg.JoinGroup, func(req kmsg.Request) kmsg.Response {
		res := req.ResponseKind().(*kmsg.JoinGroupResponse)
		res.MemberID, res.LeaderID, res.Generation = "you", "another", int32(n.Load())
		res.Protocol = kmsg.StringPtr("cooperative-sticky")
		return res
	})
	embedded.Answer(fake, kmsg.SyncGroup, func(req kmsg.Request) kmsg.Response {
		res := req.ResponseKind().(*kmsg.SyncGroupResponse)
		p := kmsg.NewConsumerMemberAssignmentTopic()
		p.Topic, p.Partitions = topic, []int32{int32(n.Load() % 2)}
		var a kmsg.ConsumerMemberAssignment
		a.Topics = append(a.Topics, p)
		res.MemberAssignment = a.AppendTo(nil)
		return res
	})
	embedded.Answer(fake, kmsg.Heartbeat, func(req kmsg.Request) kmsg.Response {
		return embedded.Refusal(req, kerr.RebalanceInProgress.Code)
	})
	m := startMember(fake, "g", nil)
	time.Sleep(2 * time.Second)
	is.NoErr(m.close())
	is.True(n.Load() > maxHasty)
	is.True(n.Load() < 30) // thousands without the pauses
}

func TestAProtocolThatWasNotOfferedIsAnError(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	fake.ControlKey(int16(kmsg.JoinGroup), func(req kmsg.Request) (kmsg.Response, error, bool) {
		res := embedded.Refusal(req, 0).(*kmsg.JoinGroupResponse)
		res.MemberID = "you"
		return res, nil, true
	})
	m := startMember(fake, "g", nil)
	is.NoErr(m.untilItHolds(partitions))
	is.NoErr(m.close())
	is.True(strings.Contains(fmt.Sprint(m.warned), "not offered"))
}

// The coordinator counts a member in whose JoinGroup it holds back, longer than the
// member's session timeout if other members take their time. Here the connection
// breaks then.
func TestMemberKeepsItsPartitionsThoughTheEndOfALongJoinIsLost(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	refuse := embedded.Refuse(fake, kmsg.Heartbeat, groupOf)
	const session = 500 * time.Millisecond
	var cut atomic.Bool
	fake.ControlKey(int16(kmsg.JoinGroup), func(req kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		req.(*kmsg.JoinGroupRequest).SessionTimeoutMillis = 30_000 // the fake does not stop the clock for it
		if !cut.Swap(false) {
			return nil, nil, false
		}
		fake.SleepControl(func() { time.Sleep(3 * session) })
		return nil, errors.New("cut"), true
	})
	m := startMember(fake, "g", func(c *Config) { c.SessionTimeout = session })
	is.NoErr(m.untilItHolds(partitions))
	generation := m.Generation()
	cut.Store(true)
	refuse.Next("g", kerr.RebalanceInProgress.Code, 1)
	is.NoErr(m.until("it is in the next generation", func() bool { return m.Generation() > generation }))
	is.True(!cut.Load())
	is.Equal(m.told("lost"), 0)
	is.NoErr(m.close())
}
