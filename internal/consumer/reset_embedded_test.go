package consumer

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// Records are deleted ahead of a consumer that reads slowly: what it jumps over is
// committed only when all records before it are acknowledged.
func TestCommitsAGapOnlyBehindWhatIsAcknowledged(t *testing.T) {
	w := newWorld(t)
	w.fake = embedded.Start(t, kfake.SeedTopics(1, topic))
	truth, err := kclient.New(w.fake.ListenAddrs())
	w.NoErr(err)
	t.Cleanup(truth.Close)
	w.truth = truth
	records := make([]*kgo.Record, 10)
	for i := range records {
		records[i] = &kgo.Record{Topic: topic}
	}
	w.NoErr(truth.Produce(w.ctx, records...))

	var gone atomic.Bool // until then the log ends at offset 10, afterwards it begins at 15
	w.fake.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		r := req.(*kmsg.FetchRequest)
		if len(r.Topics) == 0 || r.Topics[0].Partitions[0].FetchOffset != 10 {
			return nil, nil, false
		}
		p := kmsg.NewFetchResponseTopicPartition()
		if gone.Load() {
			p.ErrorCode = kerr.OffsetOutOfRange.Code
		} else {
			time.Sleep(10 * time.Millisecond) // the broker waits for records
		}
		rt := kmsg.NewFetchResponseTopic()
		rt.Topic, rt.TopicID, rt.Partitions = topic, r.Topics[0].TopicID, append(rt.Partitions, p)
		res := r.ResponseKind().(*kmsg.FetchResponse)
		res.Topics = append(res.Topics, rt)
		return res, nil, true
	})

	c := w.open(func(c *Config) { c.Reset = ResetLatest })
	w.next(c, 10)
	w.NoErr(truth.Produce(w.ctx, records...))
	w.NoErr(truth.DeleteRecords(w.ctx, topic, 0, 15))
	gone.Store(true)
	c.Ack(record(0, 0))
	w.committed(map[int32]int64{0: 1})
	for offset := range int64(10) {
		c.Ack(record(0, offset))
	}
	w.committed(map[int32]int64{0: 20})
	w.NoErr(c.Close(w.ctx))
}

// Records were deleted that were read, and others that were not: the log has none of a
// leader epoch any more, which looks as if it had others instead.
func TestConsumerDoesNotPassOverDeletedRecordsThoughTheLogHasDiverged(t *testing.T) {
	for name, test := range map[string]struct {
		reset ResetPolicy
		to    int64
		err   error
	}{
		"earliest": {ResetEarliest, 3, nil},
		"latest":   {ResetLatest, 4, nil},
		"error":    {ResetError, 0, kafkago.OffsetOutOfRange},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.produce(4 * partitions)
			w.NoErr(w.truth.DeleteRecords(w.ctx, topic, 0, 3))
			c := w.open(func(c *Config) { c.Reset = test.reset })
			defer c.Close(w.ctx)
			w.next(c, 1) // it knows the leaders
			lost := fetch.Lost{Topic: topic, Offset: 1, Why: fetch.Diverged, Agreed: 0}
			var found fetch.Found
			c.reset(w.ctx, []fetch.Lost{lost}, func(f fetch.Found) bool {
				found = f
				return false
			})
			w.Equal(found.To, test.to)
			w.True(errors.Is(found.Err, test.err))
		})
	}
}

// The leader refuses an offset for good that is in its log, as one does whose tiered
// storage has lost a segment.
func TestConsumerResetsAnOffsetThatTheLeaderRefusesForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	embedded.Answer(w.fake, kmsg.Fetch, func(req kmsg.Request) kmsg.Response {
		for _, rt := range req.(*kmsg.FetchRequest).Topics {
			for _, p := range rt.Partitions {
				if p.Partition == 1 && p.FetchOffset == 2 {
					return embedded.Refusal(req, kerr.OffsetOutOfRange.Code)
				}
			}
		}
		return nil
	})
	w.produce(6)
	var said warnings
	c := w.open(func(c *Config) { c.Reset, c.Group.Warn = ResetLatest, said.warn })
	ack(c, w.next(c, 6)...)
	w.produce(9)
	for said.about("is refused by the leader") == 0 && w.ctx.Err() == nil {
		ctx, cancel := context.WithTimeout(w.ctx, 100*time.Millisecond)
		batches, _ := c.Next(ctx, 100)
		cancel()
		ack(c, numbers(batches)...)
	}
	w.committed(map[int32]int64{0: 5, 1: 5, 2: 5})
	w.NoErr(c.Close(w.ctx))
}
