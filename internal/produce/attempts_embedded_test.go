package produce

import (
	"bytes"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// What a request that failed had no room for was not tried.
func TestRequestsOfOthersAreNoAttempts(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxAttempts, c.Backoff, c.BatchBytes = 2, time.Millisecond, 1000 }, kfake.NumBrokers(1))
	w.p.limits.change(0, func(l *limit) { l.size = 1 })
	requests := 0
	w.fake.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		if requests++; requests%2 == 1 { // the first of each partition
			return nil, errors.New("hang up"), true
		}
		return nil, nil, false
	})
	n, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	w.Equal(n, 3)
}

// Brokers before Kafka 2.4 say that a batch is corrupt where they refuse a record.
func TestACorruptBatchIsDividedBeforeItsLastAttempt(t *testing.T) {
	for _, max := range []int{1, 2, 3, 0} {
		w := newWorld(t, func(c *Config) { c.MaxAttempts, c.Backoff = max, time.Millisecond })
		embedded.Answer(w.fake, kmsg.Produce, func(req kmsg.Request) kmsg.Response {
			if bytes.Contains(req.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Records, []byte("bad")) {
				return embedded.Refusal(req, kerr.CorruptMessage.Code)
			}
			return nil
		})
		messages := []message.Message{to(topic, 0, "good"), to(topic, 0, "good"), to(topic, 0, "bad"), to(topic, 0, "good")}
		n, err := w.p.Send(w.ctx, messages)
		w.Equal(n, 2)
		var record *RecordError
		w.True(errors.As(err, &record))
		w.Equal(record.Index, 2)
	}
}

// The error is not about what was written after it.
func TestTheErrorOfASendOutOfTimeIsAboutWhatIsNotWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.DeliveryTimeout = 2 * time.Second })
	for id := range int32(partitions) {
		w.NoErr(w.fake.MoveTopicPartition(topic, id, id))
	}
	_, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	var asked [partitions]atomic.Int64
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		id := req.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Partition
		if asked[id].Add(1) == 1 {
			return embedded.Refusal(req, kerr.NotEnoughReplicas.Code), nil, true
		}
		return nil, nil, id == 1 // which is not answered
	})
	n, err := w.p.Send(w.ctx, spread(6)[3:])
	w.Equal(n, 1)
	w.True(strings.Contains(err.Error(), "write to t/1"))
	w.True(errors.Is(err, kafkago.NotEnoughReplicas))
}
