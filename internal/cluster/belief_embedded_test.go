package cluster

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// split is a cluster of which some brokers are cut off from the others: they go on
// telling what they knew when that happened.
type split struct {
	*is.I
	fake *kfake.Cluster
	c    *Client
	ctx  context.Context
	// asked is called for each question, and returns false where the broker is silent;
	// nil: none is.
	asked atomic.Pointer[func(node int32) bool]
}

func newSplit(t *testing.T, brokers int) *split {
	s := &split{I: is.New(t), ctx: guarded(t)}
	s.fake = embedded.Start(t, kfake.NumBrokers(brokers), kfake.SeedTopics(2, "t"))
	for id := range int32(2) {
		s.NoErr(s.fake.MoveTopicPartition("t", id, 0))
	}
	s.c = newClient(t, s.fake.ListenAddrs()...)
	return s
}

// cut makes brokers answer from now on as broker 0 does now.
func (s *split) cut(nodes ...int32) {
	conn, err := s.c.connect(s.ctx, s.fake.ListenAddrs()[0], Control)
	s.NoErr(err)
	frame, err := conn.Frame(s.ctx, newMetadataRequest([]string{"t"}, leaveMissing), 0)
	s.NoErr(err)
	old := kmsg.NewPtrMetadataResponse()
	old.Version, _ = conn.VersionOf(newMetadataRequest(nil, leaveMissing))
	s.NoErr(old.ReadFrom(frame[9:]))
	s.fake.ControlKey(kmsg.Metadata.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
		s.fake.KeepControl()
		node := s.fake.CurrentNode()
		if asked := s.asked.Load(); asked != nil && !(*asked)(node) {
			return nil, nil, true
		}
		if !slices.Contains(nodes, node) {
			return nil, nil, false
		}
		old.SetVersion(req.GetVersion())
		return old, nil, true
	})
}

// ask asks one broker.
func (s *split) ask(node int) Topic {
	topics, err := s.c.refresh(s.ctx, s.fake.ListenAddrs()[node:node+1], []string{"t"}, leaveMissing)
	s.NoErr(err)
	return topics["t"]
}

// remade is a cluster whose broker 0 has not heard that the topic was deleted and made
// again. It returns the topic's IDs before and after.
func remade(t *testing.T, brokers int) (s *split, before, after TopicID) {
	s = newSplit(t, brokers)
	before = s.ask(0).ID
	s.cut(0)
	remake(s)
	if brokers == 2 {
		s.c.Doubt(0) // it is one's word against the other's: the one in doubt has lost
	}
	after = s.ask(1).ID
	s.True(after != before)
	return s, before, after
}

func TestRefreshDoesNotGoBackToAnOlderLeader(t *testing.T) {
	s := newSplit(t, 3)
	s.Equal(s.ask(0).Partitions[0].Leader, int32(0))
	s.cut(0)
	s.NoErr(s.fake.MoveTopicPartition("t", 0, 1))
	s.Equal(s.ask(1).Partitions[0].Leader, int32(1))
	told := s.ask(0)
	s.Equal(told.Partitions[0].Leader, int32(1))
	s.Equal(told.Partitions[1].Leader, int32(0)) // which nobody has denied
	cached, _ := s.c.Cached("t")
	s.Equal(cached.Partitions, told.Partitions)
}

func TestRefreshDoesNotGoBackToFewerPartitions(t *testing.T) {
	s := newSplit(t, 2)
	s.cut(0)
	admin := kmsg.NewPtrCreatePartitionsRequest()
	topic := kmsg.NewCreatePartitionsRequestTopic()
	topic.Topic, topic.Count = "t", 5
	admin.Topics = append(admin.Topics, topic)
	administer(s, admin)
	s.Equal(len(s.ask(1).Partitions), 5)
	s.Equal(len(s.ask(0).Partitions), 5)
}

func TestRefreshDoesNotGoBackToATopicThatWasDeleted(t *testing.T) {
	for _, brokers := range []int{2, 3} {
		s, _, after := remade(t, brokers)
		for range 5 {
			s.Equal(s.ask(0).ID, after)
			s.Equal(s.ask(1).ID, after)
		}
	}
}

func TestRefreshBelievesAContradictionThoughAThirdBrokerIsSilent(t *testing.T) {
	s, _, after := remade(t, 3)
	asked := func(node int32) bool { return node != 2 }
	s.asked.Store(&asked)
	for range 3 {
		s.Equal(s.ask(0).ID, after)
	}
}

// Connections break for many reasons: what the only broker tells to which none did may be
// older than what the others know.
func TestRefreshDoesNotGoBackToATopicThatWasDeletedThoughTheOthersAreInDoubt(t *testing.T) {
	s, _, after := remade(t, 3)
	s.c.Doubt(1)
	s.c.Doubt(2)
	s.Equal(s.ask(0).ID, after)
}

// A question to a leader is given up as its answer comes, and with it the look-up that
// was to find out whether it still leads.
func TestRefreshBelievesNoChangeThatItHadNoTimeToConfirm(t *testing.T) {
	s, _, after := remade(t, 3)
	ctx, cancel := context.WithCancel(s.ctx)
	asked := func(node int32) bool {
		if node != 0 {
			cancel()
		}
		return true
	}
	s.asked.Store(&asked)
	_, _ = s.c.refresh(ctx, s.fake.ListenAddrs()[:1], []string{"t"}, leaveMissing)
	cached, _ := s.c.Cached("t")
	s.Equal(cached.ID, after)
}

// A broker does not confirm under one address what it tells under another.
func TestRefreshNeedsASecondBroker(t *testing.T) {
	s, _, after := remade(t, 3)
	addrs := s.fake.ListenAddrs()
	s.c.seeds = []string{strings.Replace(addrs[0], "127.0.0.1", "localhost", 1)}
	for range 30 {
		for _, addr := range addrs { // the bootstrap address is asked first
			s.c.doubt(addr)
		}
		topics, err := s.c.Refresh(s.ctx, []string{"t"})
		s.NoErr(err)
		s.Equal(topics["t"].ID, after)
	}
}

// The cluster was restored from a backup.
func TestRefreshBelievesOlderEpochsThatAllTell(t *testing.T) {
	s := newSplit(t, 3)
	s.ask(0)
	s.cut(0, 1, 2)
	s.c.mu.Lock()
	newer := s.c.believed["t"]
	newer.Partitions = slices.Clone(newer.Partitions)
	newer.Partitions[0].Leader, newer.Partitions[0].LeaderEpoch = 2, newer.Partitions[0].LeaderEpoch+7
	s.c.believed["t"] = newer
	s.c.mu.Unlock()
	s.Equal(s.ask(0).Partitions[0].Leader, int32(0))
}

// Where there is nobody else to ask, a topic that was made again is believed.
func TestRefreshBelievesTheOnlyBroker(t *testing.T) {
	s := newSplit(t, 1)
	first := s.ask(0).ID
	remake(s)
	s.True(s.ask(0).ID != first)
}

func remake(s *split) {
	del := kmsg.NewPtrDeleteTopicsRequest()
	dt := kmsg.NewDeleteTopicsRequestTopic()
	dt.Topic = kmsg.StringPtr("t")
	del.Topics, del.TopicNames = append(del.Topics, dt), []string{"t"}
	administer(s, del)
	create := kmsg.NewPtrCreateTopicsRequest()
	ct := kmsg.NewCreateTopicsRequestTopic()
	ct.Topic, ct.NumPartitions, ct.ReplicationFactor = "t", 2, 1
	create.Topics = append(create.Topics, ct)
	administer(s, create)
}

func administer(s *split, req kmsg.Request) {
	admin, err := kgo.NewClient(kgo.SeedBrokers(s.fake.ListenAddrs()...))
	s.NoErr(err)
	defer admin.Close()
	_, err = admin.Request(s.ctx, req)
	s.NoErr(err)
}

func TestCandidatesInDoubtComeLast(t *testing.T) {
	is := is.New(t)
	c := newClient(t, "seed:1", "b:2")
	c.listedLocked([]Endpoint{{0, "a", 1}, {1, "b", 2}, {2, "c", 3}})
	c.Doubt(2)
	c.Doubt(0)
	for range 10 {
		is.Equal(c.candidates(), []string{"b:2", "seed:1", "c:3", "a:1"})
	}
	firsts := make(map[string]bool)
	clear(c.doubts)
	for range 200 {
		firsts[c.candidates()[0]] = true
	}
	is.Equal(len(firsts), 3) // any of the brokers
	is.True(!slices.Contains([]string{"seed:1"}, c.candidates()[0]))
}

// A broker that is cut off from the others tells the same each time.
func TestRefreshAsksAnotherBrokerThanTheLastTime(t *testing.T) {
	for name, names := range map[string][]string{"one topic": {"t"}, "all topics": nil} {
		t.Run(name, func(t *testing.T) {
			s := newSplit(t, 3)
			s.ask(0) // the client knows all brokers from now on
			var last, same atomic.Int32
			last.Store(-1)
			s.cut()
			ask := func(node int32) bool {
				if last.Swap(node) == node {
					same.Add(1)
				}
				return true
			}
			s.asked.Store(&ask)
			for range 30 {
				_, err := s.c.Refresh(s.ctx, names)
				s.NoErr(err)
			}
			s.Equal(same.Load(), int32(0))
		})
	}
}
