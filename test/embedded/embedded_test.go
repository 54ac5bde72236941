package embedded_test

import (
	"context"
	"crypto/tls"
	"errors"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

func newClient(t *testing.T, c *kfake.Cluster, opts ...kgo.Opt) *kclient.Client {
	cl, err := kclient.New(c.ListenAddrs(), opts...)
	is.New(t).NoErr(err)
	t.Cleanup(cl.Close)
	return cl
}

func TestStart_gives_a_cluster_that_keeps_records_and_offsets(t *testing.T) {
	is, ctx := is.New(t), t.Context()
	cl := newClient(t, embedded.Start(t, kfake.SeedTopics(2, "topic")))
	is.NoErr(cl.Produce(ctx, &kgo.Record{Topic: "topic", Partition: 1, Value: []byte("x")}))
	is.NoErr(cl.ProduceAborted(ctx, &kgo.Record{Topic: "topic", Value: []byte("aborted")}))

	got, err := cl.ConsumeCommitted(ctx, "topic")
	is.NoErr(err)
	is.Equal(len(got), 1)
	is.Equal(string(got[0].Value), "x")

	is.NoErr(cl.Commit(ctx, "group", "topic", map[int32]int64{1: 1}))
	offsets, err := cl.Committed(ctx, "group", "topic")
	is.NoErr(err)
	is.Equal(offsets, map[int32]int64{1: 1})
}

func TestStart_takes_the_fakes_own_options(t *testing.T) {
	is, ctx := is.New(t), t.Context()
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("PLAIN", "alice", "secret"))
	is.Equal(len(c.ListenAddrs()), 1)
	alice := plain.Auth{User: "alice", Pass: "secret"}.AsMechanism()
	is.NoErr(newClient(t, c, kgo.SASL(alice)).Raw().Ping(ctx))
}

func TestTLS_asks_for_a_client_certificate(t *testing.T) {
	is, ctx := is.New(t), t.Context()
	secure, config := embedded.TLS(t, tls.RequireAndVerifyClientCert)
	c := embedded.Start(t, secure)
	is.NoErr(newClient(t, c, kgo.DialTLSConfig(config)).Raw().Ping(ctx))

	anonymous := config.Clone()
	anonymous.Certificates = nil
	is.True(newClient(t, c, kgo.DialTLSConfig(anonymous), kgo.RequestRetries(0)).Raw().Ping(ctx) != nil)
}

func TestControls(t *testing.T) {
	is, ctx := is.New(t), t.Context()
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "topic"))
	key := kmsg.DescribeCluster.Int16()
	request := func(ctx context.Context) error { // on a connection of its own
		_, err := newClient(t, c, kgo.RequestRetries(0)).Raw().Request(ctx, kmsg.NewPtrDescribeClusterRequest())
		return err
	}

	n := embedded.Count(c, key)
	is.NoErr(request(ctx))
	is.Equal(n.Load(), int64(1)) // counted, and answered

	embedded.Disconnect(c, key, 1)
	is.True(request(ctx) != nil)
	is.NoErr(request(ctx)) // only one

	embedded.Ignore(c, key, 1)
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	is.True(errors.Is(request(short), context.DeadlineExceeded))
	is.Equal(n.Load(), int64(4)) // the ignored one too
}
