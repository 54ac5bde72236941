package produce

import (
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func TestAcksNoneAsksForAllTopicsOfABrokerThatHungUp(t *testing.T) {
	var network breakable
	w := newWorld(t, func(c *Config) { c.Acks = AcksNone }, network.option(), kfake.SeedTopics(1, "u"))
	send := func(topic, value string) {
		n, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, value)})
		w.NoErr(err)
		w.Equal(n, 1)
	}
	w.NoErr(w.fake.MoveTopicPartition(topic, 0, 0))
	w.NoErr(w.fake.MoveTopicPartition("u", 0, 0))
	send("u", "before")
	send(topic, "before")
	w.until(func() bool { return len(w.written()[0]) == 1 })

	conn := w.p.posted.conns[0].conn
	w.NoErr(w.fake.MoveTopicPartition(topic, 0, 1))
	network.hangUp()
	<-conn.Dead()
	send("u", "another topic")
	send(topic, "after")
	w.until(func() bool { return len(w.written()[0]) == 2 })
	w.Equal(w.written()[0], []string{"before", "after"})
}

// The connection to the old address stays open, and nothing hangs up.
func TestAcksNoneGoesOnAtABrokersNewAddress(t *testing.T) {
	var warnings atomic.Int64
	w := newWorld(t, func(c *Config) {
		c.Acks, c.MaxAttempts = AcksNone, 3
		c.Warn = func(string, error) { warnings.Add(1) }
	}, kfake.NumBrokers(1))
	_, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, "before")})
	w.NoErr(err)
	w.listAt(forward(t, w.fake.ListenAddrs()[0]))
	_, err = w.p.client.Refresh(w.ctx, []string{topic})
	w.NoErr(err)
	n, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, "after")})
	w.NoErr(err)
	w.Equal(n, 1)
	w.True(warnings.Load() < 3)
}

// forward listens at another address for a broker, and returns it.
func forward(t *testing.T, broker string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", broker)
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(to, from); to.Close() }()
			go func() { _, _ = io.Copy(from, to); from.Close() }()
		}
	}()
	return l.Addr().String()
}

// listAt has metadata list the only broker at an address, with the topic's partitions.
func (w *world) listAt(addr string) {
	embedded.Answer(w.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		return w.metadata(req, addr, partitions, 0, 0)
	})
}

// metadata is an answer of broker 0 alone, at an address: all topics have this many partitions,
// this leader, and this error code.
func (w *world) metadata(req kmsg.Request, addr string, partitions, leader int32, code int16) kmsg.Response {
	r := req.(*kmsg.MetadataRequest)
	res := r.ResponseKind().(*kmsg.MetadataResponse)
	b := kmsg.NewMetadataResponseBroker()
	host, port, err := net.SplitHostPort(addr)
	w.NoErr(err)
	number, err := strconv.Atoi(port)
	w.NoErr(err)
	b.Host, b.Port = host, int32(number)
	res.Brokers = append(res.Brokers, b)
	for _, t := range r.Topics {
		rt := kmsg.NewMetadataResponseTopic()
		rt.Topic, rt.TopicID = t.Topic, w.fake.TopicInfo(*t.Topic).TopicID
		for id := range partitions {
			p := kmsg.NewMetadataResponseTopicPartition()
			p.Partition, p.Leader, p.LeaderEpoch, p.ErrorCode = id, leader, 100, code
			rt.Partitions = append(rt.Partitions, p)
		}
		res.Topics = append(res.Topics, rt)
	}
	return res
}

// A broker that closes a connection because it is idle says nothing of the size of requests.
func TestAnIdleConnectionThatIsClosedLowersNoLimit(t *testing.T) {
	var network breakable
	w := newWorld(t, func(c *Config) { c.Acks = AcksNone }, kfake.NumBrokers(1), network.option(),
		kfake.BrokerConfigs(map[string]string{"message.max.bytes": "2000000"}))
	for _, c := range []struct {
		ago   time.Duration
		lower bool
	}{{10 * time.Minute, false}, {0, true}} {
		_, err := w.p.Send(w.ctx, random10K(900))
		w.NoErr(err)
		w.p.posted.mu.Lock()
		last := w.p.posted.conns[0]
		last.at = last.at.Add(-c.ago)
		w.p.posted.mu.Unlock()
		network.hangUp()
		<-last.conn.Dead()
		_, err = w.p.Send(w.ctx, spread(3))
		w.NoErr(err)
		w.Equal(w.p.limits.of(0, MaxRequestBytes) < MaxRequestBytes, c.lower)
	}
}
