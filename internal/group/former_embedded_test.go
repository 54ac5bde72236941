package group

import (
	"errors"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// killed has a member join, and end as the member of a killed process does: the
// coordinator does not hear of it. It returns the member's ID.
func killed(fake *kfake.Cluster, refuse *embedded.Refusals, group string) (string, error) {
	m := startMember(fake, group, func(c *Config) { c.SessionTimeout = 5 * time.Minute })
	if err := m.untilItHolds(partitions); err != nil {
		return "", err
	}
	id := m.MemberID()
	refuse.Next(group, kerr.CoordinatorNotAvailable.Code, 1)
	return id, m.close()
}

// upTo is a broker that knows a request up to a version only.
func upTo(key kmsg.Key, version int16) kfake.Opt {
	v := kversion.Stable()
	v.SetMaxKeyVersion(int16(key), version)
	return kfake.MaxVersions(v)
}

func TestMemberTakesTheOneOfItsKilledProcessOutOfTheGroup(t *testing.T) {
	for name, opts := range map[string][]kfake.Opt{
		"JoinGroup gives an ID first": nil,
		"JoinGroup gives no ID":       {upTo(kmsg.JoinGroup, 3)},
		"LeaveGroup names one member": {upTo(kmsg.LeaveGroup, 2)},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			fake := embedded.Start(t, append(opts, kfake.SeedTopics(partitions, topic))...)
			refuse := embedded.Refuse(fake, kmsg.LeaveGroup, groupOf)
			former, err := killed(fake, refuse, "g")
			is.NoErr(err)
			is.True(former != "")
			m := startMember(fake, "g", func(c *Config) { c.Former = former })
			is.NoErr(m.untilItHolds(partitions))
			is.True(m.MemberID() != former)
			is.NoErr(m.close())
		})
	}
}

// What is refused is tried again where that may help. Elsewhere the member says so, and
// waits as long as the coordinator does.
func TestMemberTakesItsFormerSelfOutThroughEachErrorCode(t *testing.T) {
	t.Parallel()
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	refuse := embedded.Refuse(fake, kmsg.LeaveGroup, groupOf)
	eachCode(t, func(code int16, group string, retryJoin bool) error {
		former, err := killed(fake, refuse, group)
		if err != nil {
			return err
		}
		refuse.Next(group, code, 1)
		m := startMember(fake, group, func(c *Config) { c.Former, c.RetryJoin, c.SessionTimeout = former, retryJoin, time.Second })
		switch err := kafkago.Error(code); {
		case cluster.Retriable(err):
			return errors.Join(m.untilItHolds(partitions), m.close())
		case code == kerr.UnknownMemberID.Code, code == kerr.GroupIDNotFound.Code:
			return errors.Join(m.until("it has tried", func() bool { return refuse.Left(group) == 0 }), m.close())
		default:
			return errors.Join(m.until("it has warned", func() bool { return m.warnings(err) > 0 }), m.close())
		}
	})
}

func TestMemberTriesAFewTimesToTakeItsFormerSelfOut(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	refuse := embedded.Refuse(fake, kmsg.LeaveGroup, groupOf)
	former, err := killed(fake, refuse, "g")
	is.NoErr(err)
	refuse.Next("g", kerr.CoordinatorLoadInProgress.Code, 1000)
	m := startMember(fake, "g", func(c *Config) { c.Former, c.SessionTimeout = former, time.Second })
	is.NoErr(m.until("it has warned", func() bool { return m.warnings(kafkago.GroupLoadInProgress) > 0 }))
	is.Equal(1000-refuse.Left("g"), maxDismissals)
	refuse.Next("g", 0, 0)
	is.NoErr(m.close())
}

// Whoever is not in the group is nobody to wait for.
func TestMemberJoinsThoughItsFormerSelfIsGone(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	m := startMember(fake, "g", func(c *Config) { c.Former = "who left" })
	is.NoErr(m.untilItHolds(partitions))
	is.NoErr(m.close())
	is.Equal(len(m.warned), 0)
}

func TestStaticMemberTakesNobodyOutOfTheGroup(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	left := embedded.Count(fake, int16(kmsg.LeaveGroup))
	m := startMember(fake, "g", func(c *Config) { c.Former, c.InstanceID = "who died", "one" })
	is.NoErr(m.untilItHolds(partitions))
	is.Equal(m.MemberID(), "")
	is.NoErr(m.close())
	is.Equal(left.Load(), int64(0))
}

// The process was only frozen.
func TestMemberThatIsTakenOutThoughItLivesJoinsAgain(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	frozen := startMember(fake, "g", nil)
	is.NoErr(frozen.untilItHolds(partitions))
	id := frozen.MemberID()
	m := startMember(fake, "g", func(c *Config) { c.Former = id })
	both := func() bool {
		var n [2]int
		for i, m := range []*member{frozen, m} {
			m.mu.Lock()
			n[i] = m.holds.Len()
			m.mu.Unlock()
		}
		return n[0] > 0 && n[1] > 0 && n[0]+n[1] == partitions
	}
	is.NoErr(m.until("both hold partitions", both))
	is.True(frozen.MemberID() != id)
	is.Equal(frozen.told("revoked"), 0) // they were not its own any more
	is.NoErr(errors.Join(frozen.close(), m.close()))
}
