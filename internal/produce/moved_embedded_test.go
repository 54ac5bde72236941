package produce

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// asked notes which broker gets each Produce request.
type asked struct {
	mu    sync.Mutex
	nodes []int32
}

func (a *asked) by(node int32) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.nodes = append(a.nodes, node)
	return len(a.nodes)
}

func (a *asked) all() []int32 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.nodes)
}

// asked begins to note them.
func (w *world) asked() *asked {
	a := new(asked)
	embedded.Answer(w.fake, kmsg.Produce, func(kmsg.Request) kmsg.Response { a.by(w.fake.CurrentNode()); return nil })
	return a
}

// Brokers say who leads instead of them from version 10 on.
func TestSendGoesToTheLeaderThatABrokerNames(t *testing.T) {
	eachVersion(t, func(c *Config) { c.Backoff = time.Hour }, func(w *world, version int16) {
		_, err := w.p.Send(w.ctx, spread(3))
		w.NoErr(err)
		metadata, asked := w.count(kmsg.Metadata), w.asked()
		var want []int32
		for i := range 3 {
			old := w.fake.LeaderFor(topic, 0)
			now := (old + 1) % 3
			want = append(want, old, now)
			w.NoErr(w.fake.MoveTopicPartition(topic, 0, now))
			n, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, fmt.Sprint("moved ", i))})
			w.NoErr(err)
			w.Equal(n, 1)
		}
		w.Equal(asked.all(), want)
		w.Equal(metadata.Load() == 0, version >= firstLeaders)
		w.Equal(w.written()[0], []string{"0", "moved 0", "moved 1", "moved 2"})
	})
}

// What was refused without a word, as in the middle of an election, and then with the name
// of another leader goes there without the pause of a second retry.
func TestSendDoesNotWaitBeforeItGoesToALeaderThatIsNamed(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.DeliveryTimeout, c.Backoff = 0, time.Hour })
	_, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	asked := new(asked)
	embedded.Answer(w.fake, kmsg.Produce, func(req kmsg.Request) kmsg.Response {
		if asked.by(w.fake.CurrentNode()) > 1 {
			return nil
		}
		return embedded.Refusal(req, kerr.NotLeaderForPartition.Code)
	})
	old := w.fake.LeaderFor(topic, 0)
	moved := false
	embedded.Answer(w.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		if moved {
			return nil
		}
		moved = true
		w.NoErr(w.fake.MoveTopicPartition(topic, 0, (old+1)%3))
		return w.metadataBefore(req, old)
	})
	n, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, "moved")})
	w.NoErr(err)
	w.Equal(n, 1)
	w.Equal(asked.all(), []int32{old, old, (old + 1) % 3})
}

// metadataBefore tells of the topic as it was before partition 0 moved.
func (w *world) metadataBefore(req kmsg.Request, old int32) kmsg.Response {
	res := req.ResponseKind().(*kmsg.MetadataResponse)
	for i, addr := range w.fake.ListenAddrs() {
		b := kmsg.NewMetadataResponseBroker()
		b.NodeID, b.Host = int32(i), "127.0.0.1"
		_, err := fmt.Sscanf(addr, "127.0.0.1:%d", &b.Port)
		w.NoErr(err)
		res.Brokers = append(res.Brokers, b)
	}
	rt := kmsg.NewMetadataResponseTopic()
	rt.Topic, rt.TopicID = kmsg.StringPtr(topic), w.fake.TopicInfo(topic).TopicID
	for _, p := range w.fake.PartitionInfos(topic) {
		rp := kmsg.NewMetadataResponseTopicPartition()
		rp.Partition, rp.Leader, rp.LeaderEpoch = p.Partition, p.Leader, p.Epoch
		if p.Partition == 0 {
			rp.Leader, rp.LeaderEpoch = old, p.Epoch-1
		}
		rt.Partitions = append(rt.Partitions, rp)
	}
	res.Topics = append(res.Topics, rt)
	return res
}

// Two brokers each name the other, of the same leader epoch: it is news but once. Metadata
// then says the truth, which several brokers confirm as it has an older epoch.
func TestSendDoesNotRunBetweenBrokersThatNameEachOther(t *testing.T) {
	for name, rising := range map[string]bool{"of one leader epoch": false, "of ever newer ones": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.DeliveryTimeout, c.MaxAttempts = 0, 4; c.Backoff = time.Millisecond })
			_, err := w.p.Send(w.ctx, spread(3))
			w.NoErr(err)
			leader := w.fake.LeaderFor(topic, 0)
			metadata, asked := w.count(kmsg.Metadata), new(asked)
			if rising {
				w.nameEachOther(asked, leader, 1000, 1)
			} else {
				w.nameEachOther(asked, leader, 2, 0)
			}
			n, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, "there")})
			if rising {
				w.Equal(n, 0)
				w.Equal(attemptsIn(err), 4)
				w.Equal(len(asked.all()), 4)
				return
			}
			w.NoErr(err)
			w.Equal(n, 1)
			w.Equal(asked.all(), []int32{leader, (leader + 1) % 3, leader})
			w.True(metadata.Load() > 0)
		})
	}
}

// nameEachOther has two brokers each name the other a number of times, of leader epochs that
// rise by this much.
func (w *world) nameEachOther(asked *asked, leader int32, lies int, rise int32) {
	embedded.Answer(w.fake, kmsg.Produce, func(req kmsg.Request) kmsg.Response {
		node := w.fake.CurrentNode()
		n := asked.by(node)
		if n > lies {
			return nil
		}
		res := embedded.Refusal(req, kerr.NotLeaderForPartition.Code).(*kmsg.ProduceResponse)
		p := &res.Topics[0].Partitions[0]
		if p.CurrentLeader.LeaderID, p.CurrentLeader.LeaderEpoch = (leader+1)%3, 100+int32(n)*rise; node != leader {
			p.CurrentLeader.LeaderID = leader
		}
		return res
	})
}

// Only the first broker that is named is asked at once: where that one names another, the
// pauses are those of other retries. The first retry has none.
func TestSendPausesBetweenBrokersThatNameEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.DeliveryTimeout, c.Backoff = 2*time.Second, time.Hour })
	_, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	asked := new(asked)
	w.nameEachOther(asked, w.fake.LeaderFor(topic, 0), 1<<30, 1)
	n, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, "nowhere")})
	w.Equal(n, 0)
	w.True(err != nil)
	w.True(len(asked.all()) <= 3) // then comes a pause of an hour
}

// A leader may have become so a moment ago, with an address that metadata did not list yet.
func TestSendGoesToALeaderThatMetadataDidNotList(t *testing.T) {
	w := newWorld(t, nil)
	old := w.fake.LeaderFor(topic, 0)
	now := (old + 1) % 3
	var listed, lists atomic.Bool
	embedded.Answer(w.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		if listed.Store(true); lists.Load() {
			return nil
		}
		res := w.metadataBefore(req, old).(*kmsg.MetadataResponse)
		res.Topics[0].Partitions[0].LeaderEpoch++
		for i := range res.Topics[0].Partitions {
			res.Topics[0].Partitions[i].Leader = old
		}
		res.Brokers = slices.DeleteFunc(res.Brokers, func(b kmsg.MetadataResponseBroker) bool { return b.NodeID == now })
		return res
	})
	_, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, "a")})
	w.NoErr(err)
	w.True(listed.Load())
	metadata := w.count(kmsg.Metadata)
	w.NoErr(w.fake.MoveTopicPartition(topic, 0, now))
	n, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, "b")})
	w.NoErr(err)
	w.Equal(n, 1)
	w.Equal(metadata.Load(), int64(0))
	lists.Store(true)
	w.Equal(w.written()[0], []string{"a", "b"})
}
