// Package embedded starts a fake Kafka inside the test process: at once,
// without Java, and scriptable request by request.
//
// What [Start] returns is the fake's own cluster; its options and control
// functions are used as they are (kfake.SeedTopics, kfake.Superuser,
// Cluster.ControlKey, Cluster.MoveTopicPartition, …). Here is only what it lacks.
package embedded

import (
	"crypto/tls"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
)

// Start starts a fake cluster on free ports of 127.0.0.1 and closes it at the
// test's end. Defaults: three brokers, no topics, none created by themselves,
// and groups may have sessions as short as 100 ms.
func Start(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	opts = append([]kfake.Opt{kfake.GroupMinSessionTimeout(100 * time.Millisecond)}, opts...)
	c, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatalf("start embedded Kafka: %v", err)
	}
	t.Cleanup(c.Close)
	NoPattern(c)
	c.ControlKey(kmsg.Produce.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
		NameTopics(c, req) // before any other control function
		return nil, nil, false
	})
	return c
}

// NoPattern makes a cluster take an empty SubscribedTopicRegex as Kafka does, for none: it
// would find all topics.
func NoPattern(c *kfake.Cluster) {
	Answer(c, kmsg.ConsumerGroupHeartbeat, func(req kmsg.Request) kmsg.Response {
		if r := req.(*kmsg.ConsumerGroupHeartbeatRequest); r.SubscribedTopicRegex != nil && *r.SubscribedTopicRegex == "" {
			r.SubscribedTopicRegex = kmsg.StringPtr("$^")
		}
		return nil
	})
}

// TLS returns an option that makes a cluster listen with TLS only, clientAuth
// saying whether it asks for a client certificate; and a client configuration
// that trusts the cluster and presents a certificate that it accepts.
func TLS(t testing.TB, clientAuth tls.ClientAuthType) (kfake.Opt, *tls.Config) {
	t.Helper()
	ca, err := certs.New("embedded CA")
	if err != nil {
		t.Fatal(err)
	}
	server, errServer := ca.Server()
	client, errClient := ca.Client("client")
	if err := errors.Join(errServer, errClient); err != nil {
		t.Fatal(err)
	}
	serverPair, errServer := server.TLS()
	clientPair, errClient := client.TLS()
	if err := errors.Join(errServer, errClient); err != nil {
		t.Fatal(err)
	}
	opt := kfake.TLS(&tls.Config{
		Certificates: []tls.Certificate{serverPair},
		ClientCAs:    ca.Pool(),
		ClientAuth:   clientAuth,
		MinVersion:   tls.VersionTLS12,
	})
	return opt, &tls.Config{
		RootCAs:      ca.Pool(),
		Certificates: []tls.Certificate{clientPair},
		MinVersion:   tls.VersionTLS12,
	}
}

// Count counts the requests of one kind (kmsg.Fetch.Int16(), …; -1 for all)
// that the cluster gets from now on, and leaves them as they are.
func Count(c *kfake.Cluster, key int16) *atomic.Int64 {
	n := new(atomic.Int64)
	c.ControlKey(key, func(kmsg.Request) (kmsg.Response, error, bool) {
		n.Add(1)
		return nil, nil, false
	})
	return n
}

// Disconnect answers the next n requests of one kind by closing the connection
// that they came on.
func Disconnect(c *kfake.Cluster, key int16, n int) {
	for range n {
		c.ControlKey(key, func(kmsg.Request) (kmsg.Response, error, bool) {
			return nil, errors.New("disconnect, as asked for"), true
		})
	}
}

// Ignore lets the next n requests of one kind go unanswered; the connection stays open.
func Ignore(c *kfake.Cluster, key int16, n int) {
	for range n {
		c.ControlKey(key, func(kmsg.Request) (kmsg.Response, error, bool) {
			return nil, nil, true
		})
	}
}
