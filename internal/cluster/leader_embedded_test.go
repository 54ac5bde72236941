package cluster

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol/listoffsets"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// silenced asks the leader of t/0, which keeps silent. The request is for t/0 and
// t/1, which the same broker leads.
type silenced struct {
	*is.I
	fake   *kfake.Cluster
	c      *Client
	conn   *wire.Conn
	leader int32
	err    chan error
}

func askSilenced(t *testing.T, ctx context.Context) *silenced {
	t.Helper()
	is := is.New(t)
	var spoiler embedded.Spoiler
	fake := embedded.Start(t, kfake.NumBrokers(3), kfake.SeedTopics(2, "t"), spoiler.Option())
	leader := fake.LeaderFor("t", 0)
	is.NoErr(fake.MoveTopicPartition("t", 1, leader))
	patient := config
	patient.RequestTimeout = time.Hour
	c := New(fake.ListenAddrs(), patient)
	t.Cleanup(c.Close)
	_, err := c.Refresh(ctx, []string{"t"})
	is.NoErr(err)
	conn, err := c.Broker(ctx, leader, Fetch)
	is.NoErr(err)
	spoiler.Next(kmsg.ListOffsets, embedded.Silence(), 1)
	s := &silenced{is, fake, c, conn, leader, make(chan error, 1)}
	go func() {
		_, err := c.AskLeader(ctx, leader, conn, &listoffsets.Request{ReplicaID: -1}, 0, both)
		s.err <- err
	}()
	return s
}

var both iter.Seq2[string, int32] = func(yield func(string, int32) bool) { _ = yield("t", 0) && yield("t", 1) }

func (s *silenced) move(partition int32) {
	s.NoErr(s.fake.MoveTopicPartition("t", partition, (s.leader+1)%3))
}

func (s *silenced) dead() bool {
	select {
	case <-s.conn.Dead():
		return true
	default:
		return false
	}
}

func TestASilentBrokerIsLeftOnceOthersLeadItsPartitions(t *testing.T) {
	t.Parallel()
	s := askSilenced(t, guarded(t))
	s.move(0)
	s.move(1)
	err := <-s.err
	t.Log(err)
	var timeout *wire.TimeoutError
	s.True(errors.As(err, &timeout))
	s.True(strings.Contains(err.Error(), errDeposed.Why))
	s.True(Retriable(err))
	s.True(s.dead())
}

// A leader may be slow.
func TestASilentBrokerIsWaitedForWhileItLeadsAPartition(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(guarded(t))
	s := askSilenced(t, ctx)
	s.move(0)
	time.Sleep(doubtDelay + 2*time.Second) // long enough to have asked others
	s.True(!s.dead())
	cancel()
	s.Equal(<-s.err, context.Canceled)
	s.True(!s.dead())
}
