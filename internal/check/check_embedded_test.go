package check

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
	franz "github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

const guard = time.Minute

// reading is what a source of topic t in group g tries.
func reading(servers ...string) Plan {
	return Plan{
		Servers:    servers,
		Connection: wire.Config{ClientID: "check", Principal: "User:alice", DialTimeout: 10 * time.Second, RequestTimeout: 10 * time.Second},
		Topics:     []string{"t"},
		Group:      "g",
	}
}

// writing is what a destination to topic t tries.
func writing(servers ...string) Plan {
	p := reading(servers...)
	p.Group, p.Write, p.ProducerID = "", true, true
	return p
}

// outcomes runs a plan and lists its steps as "outcome step subject", the subject
// left out where it is an address. Those that failed have a reason and a remedy.
func outcomes(t *testing.T, p Plan) ([]string, []Result) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	var out []string
	results := Run(ctx, p)
	for _, r := range results {
		t.Logf("%+v", r)
		line := fmt.Sprintf("%s %s", r.Outcome, r.Step)
		if _, _, err := net.SplitHostPort(r.Subject); err != nil && r.Subject != "" {
			line += " " + r.Subject
		}
		out = append(out, line)
		is.New(t).Equal(r.Outcome == Failed, r.Remedy != "")
		is.New(t).True(r.Outcome == OK || r.Reason != "")
	}
	return out, results
}

// failed returns the steps that failed, joined, and what was said of the first.
func failed(t *testing.T, p Plan) (steps string, first Result) {
	t.Helper()
	lines, results := outcomes(t, p)
	lines = slices.DeleteFunc(lines, func(l string) bool { return !strings.HasPrefix(l, string(Failed)) })
	if i := slices.IndexFunc(results, func(r Result) bool { return r.Outcome == Failed }); i >= 0 {
		first = results[i]
	}
	return strings.Join(lines, ", "), first
}

func TestTriesEachStepOfASource(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(2, "t"))
	got, results := outcomes(t, reading(c.ListenAddrs()...))
	is.Equal(got, []string{
		"ok connect", "skipped TLS", "ok API versions", "skipped SASL", "ok metadata",
		"ok topic t", "ok read t", "ok coordinator g", "ok group g", "ok offsets g",
	})
	is.Equal(results[5].Reason, "2 partitions")
	is.Equal(results[9].Reason, "committed for 0 of 2 partitions")
}

func TestTriesEachStepOfADestination(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	got, _ := outcomes(t, writing(c.ListenAddrs()...))
	is.Equal(got[4:], []string{"ok metadata", "ok topic t", "ok write t", "ok producer ID"})

	p := writing(c.ListenAddrs()...)
	p.Topics = nil // a template makes them
	got, _ = outcomes(t, p)
	is.Equal(got[4:], []string{"ok metadata", "skipped topic", "ok producer ID"})
}

func TestLeavesNoTrace(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"), kfake.AllowAutoTopicCreation())
	created, joined, committed := embedded.Count(c, int16(kmsg.CreateTopics)), embedded.Count(c, int16(kmsg.JoinGroup)), embedded.Count(c, int16(kmsg.OffsetCommit))
	p := writing(c.ListenAddrs()...)
	p.Topics, p.Create = []string{"missing"}, true
	outcomes(t, p)
	outcomes(t, reading(c.ListenAddrs()...))
	is.Equal(created.Load()+joined.Load()+committed.Load(), int64(0))

	cl, err := kclient.New(c.ListenAddrs())
	is.NoErr(err)
	defer cl.Close()
	_, err = cl.EndOffsets(t.Context(), "missing")
	is.True(err != nil) // it doesn't exist
	_, members, err := cl.Group(t.Context(), "g")
	is.NoErr(err)
	is.Equal(members, 0)
}

func TestSaysWhichServersCannotBeReached(t *testing.T) {
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	is.New(t).NoErr(err)
	defer silent.Close()
	for addr, want := range map[string]struct{ steps, remedy string }{
		"127.0.0.1:1":             {"failed connect", "nobody listens"},
		"nowhere.invalid:9092":    {"failed resolve nowhere.invalid", "does not know the name"},
		silent.Addr().String():    {"failed API versions", "listener of Kafka"},
		"127.0.0.1:not-a-service": {"failed connect", "reachable"},
		"no-port":                 {"failed resolve no-port", "host:port"},
	} {
		t.Run(addr, func(t *testing.T) {
			is := is.New(t)
			p := reading(addr, c.ListenAddrs()[0])
			p.Connection.DialTimeout = time.Second
			steps, first := failed(t, p) // the other server is enough for the rest
			is.Equal(steps, want.steps)
			expect.Text(t, first.Remedy, want.remedy)

			p.Servers = p.Servers[:1]
			lines, _ := outcomes(t, p)
			is.Equal(lines[len(lines)-1], "skipped metadata")
		})
	}
}

func TestSaysWhichBrokersCannotBeReached(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	c.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		res := req.ResponseKind().(*kmsg.MetadataResponse)
		b := kmsg.NewMetadataResponseBroker()
		b.NodeID, b.Host, b.Port = 7, "kafka.internal.invalid", 9092
		res.Brokers = append(res.Brokers, b)
		return res, nil, true
	})
	p := reading(c.ListenAddrs()...)
	p.Topics, p.Group = nil, ""
	steps, first := failed(t, p)
	is.Equal(steps, "failed resolve kafka.internal.invalid")
	expect.Text(t, first.Remedy, "advertised.listeners")
}

// allow makes the option for a user alice who may do no more than this.
func allow(acls ...kfake.ACL) kfake.Opt {
	for i := range acls {
		acls[i].Allow, acls[i].Pattern = true, kmsg.ACLResourcePatternTypeLiteral
	}
	return kfake.User("PLAIN", "alice", "secret", acls...)
}

func topicACL(op kmsg.ACLOperation) kfake.ACL {
	return kfake.ACL{Resource: kmsg.ACLResourceTypeTopic, Name: "t", Operation: op}
}

func groupACL(op kmsg.ACLOperation) kfake.ACL {
	return kfake.ACL{Resource: kmsg.ACLResourceTypeGroup, Name: "g", Operation: op}
}

func TestSaysWhichPermissionIsMissing(t *testing.T) {
	read, write, describe := kmsg.ACLOperationRead, kmsg.ACLOperationWrite, kmsg.ACLOperationDescribe
	for name, c := range map[string]struct {
		acls   []kfake.ACL
		plan   func(...string) Plan
		steps  string
		remedy string // of the first
	}{
		"none, to read":      {nil, reading, "failed topic t, failed coordinator g", "--allow-principal User:alice --operation Describe --topic t"},
		"only to see":        {[]kfake.ACL{topicACL(describe), groupACL(describe)}, reading, "failed read t, failed group g", "--operation Read --topic t"},
		"only the topic":     {[]kfake.ACL{topicACL(read)}, reading, "failed coordinator g", "--operation Describe --group g"},
		"only the group":     {[]kfake.ACL{groupACL(read), topicACL(describe)}, reading, "failed read t", "--operation Read --topic t"},
		"all, to read":       {[]kfake.ACL{groupACL(read), topicACL(read)}, reading, "", ""},
		"none, to write":     {nil, writing, "failed topic t, failed producer ID", "--operation Describe --topic t"},
		"to read, not write": {[]kfake.ACL{topicACL(read)}, writing, "failed write t, failed producer ID", "--operation Write --topic t"},
		"all, to write":      {[]kfake.ACL{topicACL(write)}, writing, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"), kfake.EnableSASL(), kfake.EnableACLs(),
				kfake.Superuser("PLAIN", "admin", "secret"), allow(c.acls...))
			admin, err := kclient.New(fake.ListenAddrs(), kgo.SASL(franz.Auth{User: "admin", Pass: "secret"}.AsMechanism()))
			is.NoErr(err)
			defer admin.Close()
			is.NoErr(admin.Commit(t.Context(), "g", "t", map[int32]int64{0: 0})) // or the fake doesn't look at the ACLs of the group
			p := c.plan(fake.ListenAddrs()...)
			p.Connection.SASL = plain.Mechanism{Username: "alice", Password: "secret"}
			steps, first := failed(t, p)
			is.Equal(steps, c.steps)
			expect.Text(t, first.Remedy, c.remedy)
		})
	}
}

func TestLooksAtTheTopicsThatAPatternChooses(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t", "orders.a", "orders.b"))
	p := reading(c.ListenAddrs()...)
	p.Match = func(topic string) bool { return strings.HasPrefix(topic, "orders.") }
	got, _ := outcomes(t, p)
	is.Equal(got[5:11], []string{"ok topic orders.a", "ok read orders.a", "ok topic orders.b", "ok read orders.b", "ok topic t", "ok read t"})

	p.Topics, p.Match = nil, func(string) bool { return false }
	got, _ = outcomes(t, p)
	is.Equal(got[5:], []string{"skipped topic", "ok coordinator g", "ok group g", "skipped offsets g"})
}

func TestSaysWhichTopicIsMissing(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1))
	steps, _ := failed(t, reading(c.ListenAddrs()...))
	is.Equal(steps, "failed topic t")
	p := writing(c.ListenAddrs()...)
	steps, _ = failed(t, p)
	is.Equal(steps, "failed topic t")
	p.Create = true
	steps, _ = failed(t, p) // the first record creates it
	is.Equal(steps, "")
}

func TestSaysThatABrokerIsTooOld(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"), kfake.MaxVersions(kversion.V0_10_2()))
	steps, first := failed(t, reading(c.ListenAddrs()...))
	is.Equal(steps, "failed API versions")
	expect.Text(t, first.Reason, "is older than Kafka 0.11, the lowest version that this connector works with")
	expect.Text(t, first.Remedy, "update the broker")
}

func TestCheckTriesEachTransactionalID(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(1, "t"))
	p := writing(fake.ListenAddrs()...)
	p.TransactionalIDs = []string{"copy", "copy.alternate"}
	lines, _ := outcomes(t, p)
	is.True(slices.Contains(lines, "ok transactional ID copy"))
	is.True(slices.Contains(lines, "ok transactional ID copy.alternate"))
	embedded.Answer(fake, kmsg.EndTxn, func(req kmsg.Request) kmsg.Response {
		if req.(*kmsg.EndTxnRequest).TransactionalID == "copy" {
			return nil
		}
		return embedded.Refusal(req, kerr.TransactionalIDAuthorizationFailed.Code)
	})
	steps, first := failed(t, p)
	is.Equal(steps, "failed transactional ID copy.alternate")
	expect.Text(t, first.Remedy, "--transactional-id copy --transactional-id copy.alternate")
	expect.Text(t, first.Reason, "--transactional-id copy --transactional-id copy.alternate")
}

func TestCheckLooksWhetherTheProgressTopicIsCompacted(t *testing.T) {
	for policy, c := range map[string]struct{ steps, remedy string }{
		"compact":        {"", ""},
		"delete":         {"failed progress topic p", "--entity-name p --add-config cleanup.policy=compact"},
		"compact,delete": {"failed progress topic p", "--entity-name p --add-config cleanup.policy=compact"},
		"missing":        {"", ""},
	} {
		t.Run(policy, func(t *testing.T) {
			is := is.New(t)
			fake := embedded.Start(t, kfake.SeedTopics(1, "t"))
			p := writing(fake.ListenAddrs()...)
			p.Topics, p.ProgressTopic, p.Create = append(p.Topics, "p"), "p", true
			if policy != "missing" {
				client, err := kclient.New(fake.ListenAddrs())
				is.NoErr(err)
				defer client.Close()
				is.NoErr(client.CreateTopic(context.Background(), "p", 1, map[string]string{"cleanup.policy": policy}))
			}
			steps, first := failed(t, p)
			is.Equal(steps, c.steps)
			is.True(strings.Contains(first.Remedy, c.remedy))
		})
	}
}
