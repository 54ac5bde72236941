package group

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// matching makes a member of the protocol Consumer that reads what matches an expression.
func matching(expr string) func(*Config) {
	return func(c *Config) {
		re := regexp.MustCompile(`^(?:` + expr + `)$`)
		c.Protocol, c.Topics, c.Match, c.Pattern, c.MetadataInterval = Consumer, nil, re.MatchString, re.String(), 100*time.Millisecond
	}
}

// told is the subscription that a coordinator heard of last.
type told struct {
	mu      sync.Mutex
	pattern string
	topics  []string
}

func listen(fake *kfake.Cluster) *told {
	s := new(told)
	embedded.Answer(fake, kmsg.ConsumerGroupHeartbeat, func(req kmsg.Request) kmsg.Response {
		r := req.(*kmsg.ConsumerGroupHeartbeatRequest)
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.SubscribedTopicRegex != nil {
			s.pattern = *r.SubscribedTopicRegex
		}
		if r.SubscribedTopicNames != nil {
			s.topics = r.SubscribedTopicNames
		}
		return nil
	})
	return s
}

func (s *told) is(pattern string, topics ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pattern == pattern && slices.Equal(s.topics, topics)
}

// nothing is the pattern of an embedded cluster that finds no topic.
const nothing = "$^"

// Topics come, and this member does not list those of the cluster for it.
func TestServerMemberHasTheCoordinatorFindItsTopics(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, "x1"), kfake.SeedTopics(1, "y"), shortBeats())
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	defer truth.Close()
	subscription := listen(fake)
	m := startMember(fake, "g", matching("x.*"))
	is.NoErr(m.untilItHolds(partitions))
	is.True(subscription.is("^(?:x.*)$"))
	lists := embedded.Count(fake, int16(kmsg.Metadata))
	time.Sleep(500 * time.Millisecond) // in which a member that looks for itself lists them five times
	is.Equal(lists.Load(), int64(0))
	is.NoErr(truth.CreateTopic(t.Context(), "x2", 2, nil))
	is.NoErr(m.untilItHolds(partitions + 2))
	is.NoErr(m.close())
	is.Equal(len(m.warned), 0)
}

// Kafka's own topics are read only if they are named.
func TestServerMemberLooksForTopicsItselfWhereAPatternWouldFindInternalOnes(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, "x1"), shortBeats())
	subscription := listen(fake)
	m := startMember(fake, "g", matching(".*"))
	is.NoErr(m.untilItHolds(partitions))
	is.True(subscription.is(nothing, "x1"))
	is.NoErr(m.close())
}

// What Go understands and RE2/J does not costs nothing.
func TestServerMemberLooksForTopicsItselfWhereTheCoordinatorDoesNotTakeItsPattern(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, "x1"), shortBeats())
	embedded.Answer(fake, kmsg.ConsumerGroupHeartbeat, func(req kmsg.Request) kmsg.Response {
		r := req.(*kmsg.ConsumerGroupHeartbeatRequest)
		if r.SubscribedTopicRegex == nil || *r.SubscribedTopicRegex == nothing {
			return nil
		}
		res := req.ResponseKind().(*kmsg.ConsumerGroupHeartbeatResponse)
		res.ErrorCode = kerr.InvalidRegularExpression.Code
		return res
	})
	subscription := listen(fake)
	m := startMember(fake, "g", matching("x.*"))
	is.NoErr(m.untilItHolds(partitions))
	is.True(subscription.is(nothing, "x1"))
	is.NoErr(m.close())
	is.Equal(len(m.warned), 1)
	is.True(errors.Is(m.warned[0], cluster.InvalidRegularExpression))
	t.Log(m.warned[0])
	is.True(strings.Contains(m.warned[0].Error(), "topicsRegex"))
}

// hiding starts a cluster whose coordinator finds x1 and x2, of which a member that lists the
// topics sees x1 alone. While the brokers that could list them are away, nobody can.
func hiding(t *testing.T, away *atomic.Bool) *kfake.Cluster {
	fake := embedded.Start(t, kfake.SeedTopics(partitions, "x1"), kfake.SeedTopics(1, "x2"), shortBeats())
	fake.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		r := req.(*kmsg.MetadataRequest)
		switch {
		case r.Topics == nil && away.Load():
			return nil, errors.New("disconnect"), true
		case r.Topics == nil:
			name := "x1"
			r.Topics = []kmsg.MetadataRequestTopic{{Topic: &name}}
		}
		return nil, nil, false
	})
	return fake
}

// A coordinator finds topics with the rights of another member, which this one may not see.
func TestServerMemberLooksForTopicsItselfOnceItIsAssignedOthers(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := hiding(t, new(atomic.Bool))
	subscription := listen(fake)
	m := startMember(fake, "g", matching("x.*"))
	is.NoErr(m.untilItHolds(partitions))
	is.True(subscription.is("^(?:x.*)$"))
	is.NoErr(m.until("it has listed its topics", func() bool { return subscription.is(nothing, "x1") }))
	is.NoErr(m.untilItHolds(partitions))
	is.NoErr(m.close())
	is.Equal(len(m.warned), 1)
	is.True(errors.Is(m.warned[0], errStrange))
}

// What the member reads by then is still chosen, and still its own: that one topic is not
// to be read is no reason to give the others back.
func TestServerMemberReadsOnWhileItGivesItsPatternUp(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := hiding(t, new(atomic.Bool))
	subscription := listen(fake)
	m := startMember(fake, "g", matching("x.*"))
	is.NoErr(m.untilItHolds(partitions))
	is.NoErr(m.until("it has listed its topics", func() bool { return subscription.is(nothing, "x1") }))
	is.NoErr(m.untilItHolds(partitions))
	is.Equal(m.told("revoked"), 0)
	is.Equal(m.told("assigned"), 1)
	is.NoErr(m.close())
}

// Nor is it one that the brokers which could list the topics are away.
func TestServerMemberBeatsOnWhileItCannotListItsTopics(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	var away atomic.Bool
	fake := hiding(t, &away)
	subscription, beats := listen(fake), embedded.Count(fake, int16(kmsg.ConsumerGroupHeartbeat))
	var failed atomic.Int64
	m := startMember(fake, "g", func(c *Config) {
		matching("x.*")(c)
		warn := c.Warn
		c.Warn = func(what string, err error) {
			if what == "look for new topics" {
				failed.Add(1)
			}
			warn(what, err)
		}
	})
	is.NoErr(m.untilItHolds(partitions))
	away.Store(true)
	is.NoErr(m.until("it has failed to list its topics", func() bool { return failed.Load() > 0 }))
	before := beats.Load()
	is.NoErr(m.until("it has sent heartbeats", func() bool { return beats.Load() > before+1 }))
	is.True(subscription.is("^(?:x.*)$"))
	away.Store(false)
	is.NoErr(m.until("it has listed its topics", func() bool { return subscription.is(nothing, "x1") }))
	is.NoErr(m.untilItHolds(partitions))
	is.Equal(m.told("revoked")+m.told("lost"), 0)
	is.Equal(m.told("assigned"), 1)
	is.NoErr(m.close())
}

// The coordinator keeps what a static member subscribes to until it comes back.
func TestStaticServerMemberComesBackWithoutAPattern(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, "x1"), kfake.SeedTopics(1, "y"), shortBeats())
	m := startMember(fake, "g", func(c *Config) {
		matching("x.*")(c)
		c.InstanceID = "me"
	})
	is.NoErr(m.untilItHolds(partitions))
	is.NoErr(m.close())
	subscription := listen(fake)
	m = startMember(fake, "g", func(c *Config) {
		byServer(c)
		c.Topics, c.InstanceID = []string{"y"}, "me"
	})
	is.NoErr(m.untilItHolds(1))
	is.True(subscription.is(nothing, "y"))
	is.NoErr(m.close())
}
