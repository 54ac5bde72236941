package cluster

import (
	"errors"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// Trouble with all others does not bring a topic back that two brokers have said is gone.
func TestRefreshBelievesNoIDThatIsGoneThoughTheOthersAreInDoubt(t *testing.T) {
	s, _, after := remade(t, 3)
	s.c.Doubt(1)
	s.c.Doubt(2)
	asked := func(node int32) bool { return node == 0 }
	s.asked.Store(&asked)
	s.Equal(s.ask(0).ID, after)
	s.asked.Store(nil)
	s.Equal(s.ask(0).ID, after)
}

// One that is in doubt contradicts nobody, but it is somebody who confirms.
func TestRefreshBelievesWhatABrokerInDoubtConfirms(t *testing.T) {
	s := newSplit(t, 3)
	before := s.ask(0).ID
	s.cut(0)
	remake(s)
	s.c.Doubt(2)
	s.True(s.ask(1).ID != before)
}

func TestConfirmBelievesWhatMostBrokersTell(t *testing.T) {
	s := newSplit(t, 3)
	before := s.ask(0).ID
	s.cut(0)
	remake(s)
	told, err := s.c.Confirm(s.ctx, []string{"t", "missing"})
	s.NoErr(err)
	s.True(errors.Is(told["missing"].Err, kafkago.UnknownTopicOrPartition))
	after := told["t"].ID
	s.True(after != before)
	for node := range 3 {
		s.Equal(s.ask(node).ID, after)
	}
}

func TestConfirmKeepsWhatIsKnownWhereBrokersAreEven(t *testing.T) {
	for name, first := range map[string]int{"of the one that is cut off": 0, "of the other": 1} {
		t.Run(name, func(t *testing.T) {
			s := newSplit(t, 3)
			_, _ = s.ask(0), s.ask(1) // who are the brokers
			s.cut(0)
			remake(s)
			asked := func(node int32) bool { return node != 2 }
			s.asked.Store(&asked)
			s.c.mu.Lock()
			delete(s.c.believed, "t")
			s.c.mu.Unlock()
			known := s.ask(first).ID
			for range 2 {
				told, err := s.c.Confirm(s.ctx, []string{"t"})
				s.NoErr(err)
				s.Equal(told["t"].ID, known)
			}
		})
	}
}

func TestConfirmAsksNoMoreThanIsNeeded(t *testing.T) {
	s := newSplit(t, 3)
	known, n := s.ask(0).ID, 0
	s.cut()
	asked := func(int32) bool { n++; return true }
	s.asked.Store(&asked)
	told, err := s.c.Confirm(s.ctx, []string{"t"})
	s.NoErr(err)
	s.Equal(told["t"].ID, known)
	s.Equal(n, 2)
}

// The first one that tells the same ID is cut off, and takes itself for the leader.
func TestConfirmLearnsTheNewestLeaderThatABrokerTells(t *testing.T) {
	s := newSplit(t, 3)
	s.ask(0) // who are the brokers
	s.cut(0)
	s.NoErr(s.fake.MoveTopicPartition("t", 0, 1))
	s.c.Doubt(1)
	s.c.Doubt(2)
	told, err := s.c.Confirm(s.ctx, []string{"t"})
	s.NoErr(err)
	p, _ := told["t"].Partition(0)
	s.Equal(p.Leader, int32(1))
	cached, _ := s.c.Cached("t")
	p, _ = cached.Partition(0)
	s.Equal(p.Leader, int32(1))
}

// One broker that says something else is enough: it may know more.
func TestConfirmSaysThatThereIsNoTopicWhereAllSayIt(t *testing.T) {
	s := newSplit(t, 3)
	s.ask(0) // who are the brokers
	codes := []int16{kerr.UnknownTopicOrPartition.Code, kerr.UnknownTopicOrPartition.Code, kerr.LeaderNotAvailable.Code}
	embedded.Answer(s.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		return embedded.Refusal(req, codes[s.fake.CurrentNode()])
	})
	for range 5 { // whoever is asked first
		told, err := s.c.Confirm(s.ctx, []string{"t"})
		s.NoErr(err)
		s.True(errors.Is(told["t"].Err, kafkago.LeaderNotAvailable))
	}
}

// While a cluster is upgraded from Kafka 2.7, some of its brokers tell no IDs.
func TestConfirmKeepsAnIDThatOthersDoNotTell(t *testing.T) {
	var none TopicID
	id, other := TopicID{1}, TopicID{2}
	for name, test := range map[string]struct {
		told []TopicID
		want TopicID
	}{
		"before":                     {[]TopicID{none, none, id}, id},
		"after":                      {[]TopicID{id, none, none}, id},
		"alone":                      {[]TopicID{none, none, none}, id},
		"of one that was made again": {[]TopicID{none, other, none}, other},
	} {
		t.Run(name, func(t *testing.T) {
			is, c := is.New(t), newClient(t, "127.0.0.1:1")
			c.believed["t"] = Topic{Name: "t", ID: id}
			b := &ballot{votes: make(map[TopicID]int)}
			for i, id := range test.told {
				decided := b.count(Topic{Name: "t", ID: id})
				is.True(!decided || i == len(test.told)-1)
			}
			is.Equal(c.elect("t", b).ID, test.want)
			is.Equal(c.believed["t"].ID, test.want)
		})
	}
}
