package connector_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// failures lists the steps of a check that failed, with what they were tried on.
func failures(t *testing.T, results []kafka.CheckResult) []string {
	t.Helper()
	out := []string{}
	for _, r := range results {
		t.Logf("%+v", r)
		if r.Outcome == "failed" {
			out = append(out, strings.TrimSpace(r.Step+" "+r.Subject))
			is.New(t).True(r.Remedy != "")
		}
	}
	return out
}

// steps lists all steps.
func steps(results []kafka.CheckResult) []string {
	var out []string
	for _, r := range results {
		out = append(out, r.Step)
	}
	return out
}

// restricted returns a cluster that looks at ACLs. Its plaintext listeners may do
// everything, broker.User nothing.
func restricted(t *testing.T) (*broker.Cluster, *kclient.Client) {
	t.Helper()
	c := broker.ForTest(t, broker.Options{Secure: true, Properties: map[string]string{
		"authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
		"super.users":           "User:ANONYMOUS",
	}})
	client, err := kclient.New(c.Servers())
	is.New(t).NoErr(err)
	t.Cleanup(client.Close)
	return c, client
}

// allow lets broker.User do something.
func allow(ctx context.Context, t *testing.T, client *kclient.Client, kind kmsg.ACLResourceType, name string, operations ...kmsg.ACLOperation) {
	t.Helper()
	var acls []kclient.ACL
	for _, op := range operations {
		acls = append(acls, kclient.ACL{User: broker.User, Kind: kind, Name: name, Operation: op})
	}
	is.New(t).NoErr(client.AddACLs(ctx, acls...))
}

// awaitFailures waits until brokers have noticed ACLs.
func awaitFailures(ctx context.Context, t *testing.T, check func() []kafka.CheckResult, want ...string) {
	t.Helper()
	for {
		got := failures(t, check())
		if slices.Equal(got, want) {
			return
		}
		if ctx.Err() != nil {
			is.New(t).Equal(got, want)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestChecksFindWhatKafkaRefuses(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	c, client := restricted(t)
	topic := freshTopic(t, client, 3)
	login := settings{"servers": list(c.SASLPlaintext()), "saslUsername": broker.User, "saslPassword": broker.Password, "saslMechanism": "SCRAM-SHA-512"}
	login = login.with(settings{"topic": topic})
	source := func() []kafka.CheckResult { return kafka.CheckSource(ctx, login.with(settings{"groupID": topic})) }
	destination := func() []kafka.CheckResult { return kafka.CheckDestination(ctx, login) }

	is.Equal(failures(t, source()), []string{"topic " + topic, "coordinator " + topic})
	is.Equal(failures(t, destination()), []string{"topic " + topic, "producer ID"})
	is.Equal(failures(t, kafka.CheckDestination(ctx, login.with(settings{"saslPassword": "wrong"}))), []string{"SASL " + c.SASLPlaintext()[0]})

	wrongListener := kafka.CheckDestination(ctx, login.with(settings{"servers": list(c.Servers())}))
	is.Equal(failures(t, wrongListener), []string{"SASL " + c.Servers()[0]})
	expect.Text(t, fmt.Sprint(wrongListener), "this listener is one without SASL: compare its port")

	allow(ctx, t, client, kmsg.ACLResourceTypeTopic, topic, kmsg.ACLOperationDescribe)
	allow(ctx, t, client, kmsg.ACLResourceTypeGroup, topic, kmsg.ACLOperationDescribe)
	awaitFailures(ctx, t, source, "read "+topic, "group "+topic)
	is.Equal(failures(t, destination()), []string{"write " + topic, "producer ID"})

	allow(ctx, t, client, kmsg.ACLResourceTypeTopic, topic, kmsg.ACLOperationRead)
	allow(ctx, t, client, kmsg.ACLResourceTypeGroup, topic, kmsg.ACLOperationRead)
	awaitFailures(ctx, t, source)
	is.Equal(failures(t, destination()), []string{"write " + topic, "producer ID"})

	allow(ctx, t, client, kmsg.ACLResourceTypeTopic, topic, kmsg.ACLOperationWrite)
	awaitFailures(ctx, t, destination)

	// What the checks say is what happens.
	n, err := write(ctx, login.with(nil), numbered(3)...)
	is.NoErr(err)
	is.Equal(n, 3)
	src, err := openSource(ctx, login.with(settings{"groupID": topic, "readFromBeginning": "true"}), nil)
	is.NoErr(err)
	_, err = read(ctx, src, 3)
	is.NoErr(err)
	is.NoErr(src.Teardown(ctx))
}

func TestChecksOfAClusterThatAllowsAll(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	c, client, topic := realKafka(t, 2)
	s := settings{"servers": list(c.Servers())}
	results := kafka.CheckSource(ctx, s.with(settings{"topics": topic, "groupID": topic}))
	is.Equal(failures(t, results), []string{})
	is.Equal(steps(results), []string{"settings", "connect", "TLS", "API versions", "SASL", "metadata", "topic", "read", "coordinator", "group", "offsets"})
	is.Equal(results[len(results)-1].Reason, "committed for 0 of 2 partitions")
	state, members, err := client.Group(ctx, topic)
	is.NoErr(err)
	is.Equal(fmt.Sprint(state, members), "Dead0") // no trace of it

	is.NoErr(client.Commit(ctx, topic, topic, map[int32]int64{1: 0}))
	results = kafka.CheckSource(ctx, s.with(settings{"topics": topic, "groupID": topic}))
	is.Equal(results[len(results)-1].Reason, "committed for 1 of 2 partitions")

	missing := "missing-" + topic
	is.Equal(failures(t, kafka.CheckSource(ctx, s.with(settings{"topics": missing}))), []string{"topic " + missing})
	is.Equal(failures(t, kafka.CheckDestination(ctx, s.with(settings{"topic": missing}))), []string{})
	is.Equal(failures(t, kafka.CheckDestination(ctx, s.with(settings{"topic": missing, "topicAutoCreate": "false"}))), []string{"topic " + missing})
	is.Equal(failures(t, kafka.CheckDestination(ctx, s)), []string{}) // records have their topic
	is.True(slices.Contains(steps(kafka.CheckDestination(ctx, s)), "producer ID"))
	is.True(!slices.Contains(steps(kafka.CheckDestination(ctx, s.with(settings{"acks": "one"}))), "producer ID"))
	_, err = client.EndOffsets(ctx, missing)
	is.True(err != nil) // checking creates nothing
}

func TestChecksOfSecureListeners(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	c := broker.ForTest(t, broker.Options{Secure: true})
	client, err := kclient.New(c.Direct())
	is.NoErr(err)
	defer client.Close()
	topic := freshTopic(t, client, 1)
	certs := c.Certs()
	s := settings{
		"servers": list(c.SSL()), "topics": topic, "groupID": topic,
		"caCert": string(certs.CA), "clientCert": string(certs.Client.Cert), "clientKey": string(certs.Client.Key),
	}
	is.Equal(failures(t, kafka.CheckSource(ctx, s)), []string{})
	for _, c := range []struct {
		without []string
		want    string
	}{
		{[]string{"caCert"}, "TLS"},
		{[]string{"clientCert", "clientKey"}, "TLS"},
		{[]string{"caCert", "clientCert", "clientKey"}, "API versions"},
	} {
		less := s.with(nil)
		for _, name := range c.without {
			delete(less, name)
		}
		got := failures(t, kafka.CheckSource(ctx, less))
		is.Equal(len(got), 1)
		is.True(strings.HasPrefix(got[0], c.want))
	}
}

func TestChecksBeginWithTheSettings(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	got := failures(t, kafka.CheckSource(guarded(t), settings{"servers": "localhost", "commitOffsetsSize": "-1"}))
	slices.Sort(got)
	is.Equal(got, []string{"settings commitOffsetsSize", "settings servers", "settings topics"})
	got = failures(t, kafka.CheckDestination(guarded(t), settings{"servers": "localhost:9092", "nonsense": "1", "batchBytes": "many"}))
	slices.Sort(got)
	is.Equal(got, []string{"settings batchBytes", "settings nonsense"})
}
