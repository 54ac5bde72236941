package consumer

import (
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// A coordinator that knows nothing of the topic yet refuses the commit, and the first
// broker that is asked knows no more. The others do: the commit is made in the end.
func TestConsumerCommitsThoughOneBrokerSaysThatTheTopicWasDeleted(t *testing.T) {
	w := newWorld(t, kfake.NumBrokers(3))
	c := w.open(nil)
	defer c.Close(w.ctx)
	w.committed(map[int32]int64{0: 0, 1: 0, 2: 0})
	var refused, asked atomic.Bool
	embedded.Answer(w.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		if !refused.Load() || asked.Swap(true) {
			return nil
		}
		return embedded.Refusal(req, kerr.UnknownTopicOrPartition.Code)
	})
	embedded.Answer(w.fake, kmsg.OffsetCommit, func(req kmsg.Request) kmsg.Response {
		if asked.Load() {
			return nil
		}
		refused.Store(true)
		return embedded.Refusal(req, kerr.UnknownTopicOrPartition.Code)
	})
	w.produce(9)
	ack(c, w.next(c, 9)...)
	w.committed(map[int32]int64{0: 3, 1: 3, 2: 3})
	w.True(asked.Load())
}

// As a consumer commits where it starts, all brokers have forgotten the topic: they have
// just started. Nothing is read before the next process starts there.
func TestConsumerCommitsWhereItStartsThoughAllBrokersForgotTheTopicForAWhile(t *testing.T) {
	w := newWorld(t, kfake.NumBrokers(1))
	w.produce(9)
	var refused atomic.Bool
	var asked atomic.Int32
	forgotten := func() bool { return refused.Load() && asked.Load() < 3 }
	embedded.Answer(w.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		if !forgotten() {
			return nil
		}
		asked.Add(1)
		return embedded.Refusal(req, kerr.UnknownTopicOrPartition.Code)
	})
	embedded.Answer(w.fake, kmsg.OffsetCommit, func(req kmsg.Request) kmsg.Response {
		if asked.Load() > 0 && !forgotten() {
			return nil
		}
		refused.Store(true)
		return embedded.Refusal(req, kerr.UnknownTopicOrPartition.Code)
	})
	c := w.open(func(c *Config) { c.FromBeginning = false })
	defer c.Close(w.ctx)
	w.committed(map[int32]int64{0: 3, 1: 3, 2: 3})
}

// The coordinator refuses what is of the former topic, which the fetcher has yet to notice.
// Nobody waits for it: there is nothing to commit any more.
func TestConsumerClosesThoughItsTopicWasMadeAgainAMomentAgo(t *testing.T) {
	w := newWorld(t, kfake.NumBrokers(1))
	c := w.open(nil)
	w.produce(9)
	read := w.next(c, 9)
	embedded.Ignore(w.fake, int16(kmsg.Fetch), 1000)
	w.again(1)
	ack(c, read...)
	w.NoErr(c.Close(w.ctx))
}
