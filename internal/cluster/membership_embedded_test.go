package cluster

import (
	"errors"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// takenOver returns a client of cluster A, whose addresses another cluster has since.
func takenOver(t *testing.T, a, b string) *Client {
	t.Helper()
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(2), kfake.SeedTopics(1, "t"), kfake.ClusterID(a))
	c := newClient(t, fake.ListenAddrs()...)
	_, err := c.Refresh(guarded(t), []string{"t"})
	is.NoErr(err)
	for node := range int32(2) {
		_, err := c.Broker(guarded(t), node, Fetch)
		is.NoErr(err)
	}
	takeOver(t, fake, b)
	return c
}

// takeOver ends a cluster and starts another one at its addresses.
func takeOver(t *testing.T, fake *kfake.Cluster, id string) {
	t.Helper()
	var ports []int
	for _, addr := range fake.ListenAddrs() {
		_, port, err := net.SplitHostPort(addr)
		is.New(t).NoErr(err)
		n, err := strconv.Atoi(port)
		is.New(t).NoErr(err)
		ports = append(ports, n)
	}
	fake.Close()
	embedded.Start(t, kfake.Ports(ports...), kfake.SeedTopics(1, "t"), kfake.ClusterID(id))
}

// awaitDeath waits until a client's connections have noticed that their broker is gone.
func awaitDeath(t *testing.T, c *Client) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		living := c.anyAliveLocked()
		c.mu.Unlock()
		if !living {
			return
		}
		if time.Now().After(end) {
			t.Fatal("they live")
		}
	}
}

func TestClientLeavesAddressesThatAnotherClusterHasTakenOver(t *testing.T) {
	is := is.New(t)
	c := takenOver(t, "A", "B")
	awaitDeath(t, c)
	// What is written and committed goes to addresses that metadata named before.
	for _, p := range []Purpose{Fetch, Commit, Produce} {
		_, err := c.Broker(guarded(t), 1, p)
		var wrong *WrongClusterError
		is.True(errors.As(err, &wrong))
		is.Equal([]string{wrong.Known, wrong.Told}, []string{"A", "B"})
		is.True(Retriable(err)) // others may be right
	}
	_, err := c.Refresh(guarded(t), []string{"t"})
	t.Log(err)
	is.True(Permanent(err))
	expect.Error(t, err, `belongs to the cluster "B", and not to "A"`)
	_, err = c.Coordinator(guarded(t), "g")
	is.True(Permanent(err))
	cached, _ := c.Cached("t")
	is.NoErr(cached.Err)
}

func TestClientStaysWithAClusterThatStartsAgain(t *testing.T) {
	for name, id := range map[string]string{"the same ID": "A", "no ID": ""} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c := takenOver(t, "A", id)
			awaitDeath(t, c)
			_, err := c.Broker(guarded(t), 1, Produce)
			is.NoErr(err)
			_, err = c.Refresh(guarded(t), []string{"t"})
			is.NoErr(err)
		})
	}
}

func TestClientLearnsTheIDOfAClusterThatToldNone(t *testing.T) {
	is := is.New(t)
	c := takenOver(t, "", "B")
	awaitDeath(t, c)
	_, err := c.Refresh(guarded(t), []string{"t"})
	is.NoErr(err)
	is.Equal(c.clusterID, "B")
}

// One address of another cluster in the bootstrap list is passed over for as long as a
// right one can be asked.
func TestClientPassesAWrongAddressOver(t *testing.T) {
	is := is.New(t)
	right := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"), kfake.ClusterID("A"))
	wrong := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"), kfake.ClusterID("B"))
	c := newClient(t, append(right.ListenAddrs(), wrong.ListenAddrs()...)...)
	is.NoErr(c.belongs(right.ListenAddrs()[0], "A")) // who would have been asked first
	for range 10 {
		_, err := c.refresh(guarded(t), append(wrong.ListenAddrs(), right.ListenAddrs()...), []string{"t"}, leaveMissing)
		is.NoErr(err)
		is.Equal(c.brokers[0], right.ListenAddrs()[0])
	}
	right.Close()
	_, err := c.Refresh(guarded(t), []string{"t"})
	is.True(Permanent(err)) // it may be the cluster's new address, for all that is known
}

// A broker is asked once for all connections that are made to it at a time.
func TestClientAsksABrokerOnceWhichClusterItBelongsTo(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	asked := embedded.Count(fake, 3)
	c := newClient(t, fake.ListenAddrs()...)
	connect := func() {
		for p := range purposes {
			_, err := c.Broker(guarded(t), 0, p)
			is.NoErr(err)
		}
	}
	_, err := c.Refresh(guarded(t), []string{"t"})
	is.NoErr(err)
	connect()
	is.Equal(asked.Load(), int64(1)) // by the refresh
	c.mu.Lock()
	c.sure[fake.ListenAddrs()[0]] = time.Now().Add(-surely) // a while later
	retired := make([]*wire.Conn, 0, purposes)
	for _, s := range c.conns {
		retired, s.conn = append(retired, s.conn), nil
	}
	c.mu.Unlock()
	for _, conn := range retired {
		is.NoErr(conn.Close())
	}
	connect()
	is.Equal(asked.Load(), int64(2))
}
