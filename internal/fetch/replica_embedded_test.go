package fetch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// racks is a cluster of three brokers with one partition. Its leader names a
// follower to whom says that it is in rack r.
type racks struct {
	leader, follower int32
	fake             *kfake.Cluster

	mu      sync.Mutex
	end     int64                // records in the leader's log
	lag     int64                // records of them that the follower doesn't have
	wrong   map[int64]kerr.Error // what the follower answers at an offset
	gone    bool                 // the follower hangs up
	silent  bool                 // the follower does not answer
	other   int64                // at this offset the follower's log has another record before it than the leader's
	timeout time.Duration        // of requests
	asked   []string             // "leader" or "follower" and an offset, of each record that was given
}

func newRacks(t *testing.T) *racks {
	t.Helper()
	c := &racks{fake: embedded.Start(t, kfake.NumBrokers(3), kfake.SeedTopics(1, topic)), wrong: map[int64]kerr.Error{}, timeout: 5 * time.Second}
	c.leader = c.fake.LeaderFor(topic, 0)
	c.follower = (c.leader + 1) % 3
	c.fake.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.fake.KeepControl()
		c.mu.Lock()
		defer c.mu.Unlock()
		node := c.fake.CurrentNode()
		if c.gone && node == c.follower {
			return nil, errors.New("hang up"), true
		}
		if c.silent && node == c.follower {
			return nil, nil, true
		}
		return c.answer(node, req.(*kmsg.FetchRequest)), nil, true
	})
	return c
}

func (c *racks) answer(node int32, r *kmsg.FetchRequest) kmsg.Response {
	p := kmsg.NewFetchResponseTopicPartition()
	offset, end := r.Topics[0].Partitions[0].FetchOffset, c.end
	who := "leader"
	if node == c.follower {
		who, end = "follower", c.end-c.lag
	}
	wrong, isWrong := c.wrong[offset]
	switch {
	case node == c.follower && c.other > 0 && offset == c.other && r.Topics[0].Partitions[0].LastFetchedEpoch >= 0:
		p.DivergingEpoch.Epoch, p.DivergingEpoch.EndOffset = 0, 1
	case node == c.follower && isWrong:
		p.ErrorCode = wrong.Code
	case node == c.leader && r.Rack == "r" && c.lag == 0:
		p.PreferredReadReplica = c.follower
	case offset < end:
		for i := offset; i < min(end, offset+10); i++ {
			if _, isWrong := c.wrong[i]; isWrong && node == c.follower {
				break
			}
			b := batch(i, i, fmt.Sprint(i))
			if c.other > 0 {
				binary.BigEndian.PutUint32(b[12:], 0) // the leader epoch
			}
			p.RecordBatches = append(p.RecordBatches, b...)
			c.asked = append(c.asked, fmt.Sprintf("%s %d", who, i))
		}
	default:
		time.Sleep(5 * time.Millisecond) // the broker waits for records
	}
	rt := kmsg.NewFetchResponseTopic()
	rt.Topic, rt.TopicID, rt.Partitions = topic, r.Topics[0].TopicID, append(rt.Partitions, p)
	res := r.ResponseKind().(*kmsg.FetchResponse)
	res.Topics = append(res.Topics, rt)
	return res
}

func (c *racks) write(n int64) {
	c.mu.Lock()
	c.end += n
	c.mu.Unlock()
}

func (c *racks) set(change func()) {
	c.mu.Lock()
	change()
	c.mu.Unlock()
}

func (c *racks) gave() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

func (c *racks) read(t *testing.T, interval time.Duration) *Fetcher {
	f := open(t, c.fake, c.timeout, func(cfg *Config) {
		cfg.Rack, cfg.MetadataInterval = "r", interval
		cfg.MaxBuffered = 1 // a batch at a time: what was fetched waits
		cfg.Reset = resetBy(func(Lost) (int64, error) { return 0, errors.New("the leader has the offset") })
	})
	f.Add([]Start{{Topic: topic, Partition: 0, LeaderEpoch: -1}})
	return f
}

// inOrder wants n records from an offset, each once.
func inOrder(t *testing.T, f *Fetcher, from, n int64) {
	t.Helper()
	is := is.New(t)
	got, err := values(t, f, int(n))
	is.NoErr(err)
	for i := range n {
		is.Equal(got[i], fmt.Sprintf("%d:%d", from+i, from+i))
	}
}

func TestReadsFromTheReplicaThatTheLeaderNames(t *testing.T) {
	is := is.New(t)
	c := newRacks(t)
	c.write(20)
	inOrder(t, c.read(t, time.Minute), 0, 20)
	for i, who := range c.gave() {
		is.Equal(who, fmt.Sprint("follower ", i))
	}
}

// The leader gives the records when the replica doesn't, whatever its reason.
func TestGoesBackToTheLeaderWhenAReplicaFails(t *testing.T) {
	for _, code := range []*kerr.Error{
		kerr.OffsetOutOfRange, kerr.OffsetNotAvailable, kerr.NotLeaderForPartition, kerr.ReplicaNotAvailable,
		kerr.KafkaStorageError, kerr.UnknownLeaderEpoch, kerr.FencedLeaderEpoch, kerr.UnknownTopicOrPartition, kerr.UnknownServerError,
	} {
		t.Run(code.Message, func(t *testing.T) {
			is := is.New(t)
			c := newRacks(t)
			c.wrong[5] = *code
			c.write(10)
			inOrder(t, c.read(t, time.Minute), 0, 10)
			gave := c.gave()
			is.Equal(gave[4], "follower 4")
			is.Equal(gave[5], "leader 5")
			is.Equal(gave[9], "leader 9")
		})
	}
}

// After an unclean election a replica that has not caught up has other records. The leader
// is asked whether it has what was read, and gives the rest.
func TestGoesBackToTheLeaderWhenAReplicaHasOtherRecords(t *testing.T) {
	is := is.New(t)
	c := newRacks(t)
	checks := epochEnds(c.fake, c.leader, 10)
	c.other = 5
	c.wrong[5] = *kerr.UnknownServerError // it gives five records at a time
	c.write(10)
	inOrder(t, c.read(t, time.Minute), 0, 10)
	gave := c.gave()
	is.Equal(gave[4], "follower 4")
	is.Equal(gave[5], "leader 5")
	is.Equal(checks.Load(), int32(1))
}

func TestGoesBackToTheLeaderWhenAReplicaIsGone(t *testing.T) {
	is := is.New(t)
	c := newRacks(t)
	c.write(5)
	f := c.read(t, time.Minute)
	inOrder(t, f, 0, 5)
	c.set(func() { c.gone = true })
	c.write(5)
	inOrder(t, f, 5, 5)
	is.Equal(c.gave()[9], "leader 9")
}

// A replica that lags is read from no longer than until the leader is asked again;
// and again when it has caught up.
func TestLeavesAReplicaThatLags(t *testing.T) {
	c := newRacks(t)
	c.write(5)
	f := c.read(t, 50*time.Millisecond)
	inOrder(t, f, 0, 5)
	c.set(func() { c.lag = 5; c.end = 10 })
	inOrder(t, f, 5, 5)
	is.New(t).Equal(c.gave()[9], "leader 9")
	c.set(func() { c.lag = 0 })
	next := int64(10)
	for gave := c.gave(); gave[len(gave)-1] != fmt.Sprint("follower ", next-1); gave = c.gave() {
		c.write(1)
		inOrder(t, f, next, 1)
		next++
	}
}

// However often it changes between the two, nothing is lost, repeated or out of
// order.
func TestKeepsTheOrderWhileItChangesReplicas(t *testing.T) {
	c := newRacks(t)
	for offset := int64(3); offset < 20000; offset += 97 {
		c.wrong[offset] = *kerr.OffsetOutOfRange
	}
	c.write(20000)
	inOrder(t, c.read(t, 2*time.Millisecond), 0, 20000)
	changes, gave := 0, c.gave()
	for i := range gave[1:] {
		if gave[i][:6] != gave[i+1][:6] {
			changes++
		}
	}
	t.Log(changes, "changes of replica")
	is.New(t).True(changes > 2)
}

// A replica freezes and keeps its connections open, long before the request timeout.
func TestGoesBackToTheLeaderWhenAReplicaIsSilent(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	c := newRacks(t)
	c.timeout = time.Hour
	c.write(5)
	f := c.read(t, time.Minute)
	inOrder(t, f, 0, 5)
	c.set(func() { c.silent = true })
	c.write(5)
	inOrder(t, f, 5, 5)
	is.Equal(c.gave()[9], "leader 9")
}
