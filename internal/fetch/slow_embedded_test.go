package fetch

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// link is the line that a cluster sends its answers through.
type link struct {
	mu   sync.Mutex
	rate int // bytes a second; 0: as many as there are
}

func (l *link) option() kfake.Opt {
	return kfake.ListenFn(func(network, address string) (net.Listener, error) {
		listener, err := net.Listen(network, address)
		return slowListener{listener, l}, err
	})
}

func (l *link) pace() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rate
}

func (l *link) set(rate int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate = rate
}

type slowListener struct {
	net.Listener
	link *link
}

func (l slowListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return slowConn{c, l.link}, err
}

type slowConn struct {
	net.Conn
	link *link
}

func (c slowConn) Write(b []byte) (int, error) {
	const ticks = 50 // a second
	for sent := 0; ; {
		rate := c.link.pace()
		if rate == 0 {
			n, err := c.Conn.Write(b[sent:])
			return sent + n, err
		}
		n, err := c.Conn.Write(b[sent:min(len(b), sent+rate/ticks)])
		if sent += n; err != nil || sent == len(b) {
			return sent, err
		}
		time.Sleep(time.Second / ticks)
	}
}

// The first answers are too large to arrive within the request timeout, and so would
// all be.
func TestReadsAllOverALinkThatIsSlowerThanItsAnswers(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	const partitions, each = 8, 5
	var link link
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic), link.option())
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	for i := range int32(partitions) {
		for range each { // a batch each
			is.NoErr(truth.Produce(t.Context(), &kgo.Record{Topic: topic, Partition: i, Value: make([]byte, 100_000)}))
		}
	}
	truth.Close()
	link.set(1 << 20) // the first answer has 2 MiB, all of it is 4 MB
	f := open(t, fake, time.Second, func(c *Config) { c.MaxBytes, c.MaxBuffered = 16<<20, 16<<20 })
	f.Add(starts(partitions, 0, -1))
	_, err = values(t, f, partitions*each)
	is.NoErr(err)
}

// A link of 2 Mbit/s would bring an answer of 2 MiB in eight seconds, which is too late
// here. None is.
func TestReadsOverASlowLinkWithoutATimeout(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	const partitions, each = 8, 3
	var link link
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic), link.option())
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	for i := range int32(partitions) {
		for range each {
			is.NoErr(truth.Produce(t.Context(), &kgo.Record{Topic: topic, Partition: i, Value: make([]byte, 100_000)}))
		}
	}
	truth.Close()
	link.set(2_000_000 / 8)
	var warned atomic.Int32
	f := open(t, fake, 6*time.Second, func(c *Config) {
		c.MaxBytes, c.MaxBuffered = 16<<20, 16<<20
		c.Warn = func(msg string, err error) { warned.Add(1); t.Log(msg, err) }
	})
	f.Add(starts(partitions, 0, -1))
	_, err = values(t, f, partitions*each)
	is.NoErr(err)
	is.Equal(warned.Load(), int32(0))
}
