package cluster

import (
	"context"
	"slices"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// split is a cluster whose broker 0 is cut off from the others: it goes on telling
// what it knew when that happened.
type split struct {
	*is.I
	fake *kfake.Cluster
	c    *Client
	ctx  context.Context
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

// cut makes broker 0 answer as it does now.
func (s *split) cut() {
	conn, err := s.c.connect(s.ctx, s.fake.ListenAddrs()[0], Control)
	s.NoErr(err)
	frame, err := conn.Frame(s.ctx, newMetadataRequest([]string{"t"}, false), 0)
	s.NoErr(err)
	old := kmsg.NewPtrMetadataResponse()
	old.Version, _ = conn.VersionOf(newMetadataRequest(nil, false))
	s.NoErr(old.ReadFrom(frame[9:]))
	embedded.Answer(s.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		if s.fake.CurrentNode() != 0 {
			return nil
		}
		old.SetVersion(req.GetVersion())
		return old
	})
}

// ask asks one broker, whatever the client thinks of it.
func (s *split) ask(node int) Topic {
	s.c.mu.Lock()
	for _, addr := range s.fake.ListenAddrs() {
		delete(s.c.doubts, addr)
	}
	s.c.mu.Unlock()
	for other, addr := range s.fake.ListenAddrs() {
		if other != node {
			s.c.doubt(addr)
		}
	}
	topics, err := s.c.Refresh(s.ctx, []string{"t"}, false)
	s.NoErr(err)
	return topics["t"]
}

func TestRefreshDoesNotGoBackToAnOlderLeader(t *testing.T) {
	s := newSplit(t, 3)
	s.Equal(s.ask(0).Partitions[0].Leader, int32(0))
	s.cut()
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
	s.cut()
	admin := kmsg.NewPtrCreatePartitionsRequest()
	topic := kmsg.NewCreatePartitionsRequestTopic()
	topic.Topic, topic.Count = "t", 5
	admin.Topics = append(admin.Topics, topic)
	administer(s, admin)
	s.Equal(len(s.ask(1).Partitions), 5)
	s.Equal(len(s.ask(0).Partitions), 5)
}

func TestRefreshDoesNotGoBackToATopicThatWasDeleted(t *testing.T) {
	s := newSplit(t, 3)
	first := s.ask(0).ID
	s.cut()
	remake(s)
	again := s.ask(1).ID
	s.True(again != first)
	s.Equal(s.ask(0).ID, again)
	s.Equal(s.ask(2).ID, again)
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
	c.listed([]broker{{0, "a", 1}, {1, "b", 2}, {2, "c", 3}})
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
