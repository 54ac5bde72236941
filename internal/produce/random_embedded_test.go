package produce

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// refusing answers produce requests with errors at random, and those with a bad record
// as INVALID_RECORD, which names it or not.
func (w *world) refusing(rnd *rand.Rand, quiet *atomic.Bool) {
	codes := []int16{
		kerr.NotEnoughReplicas.Code, kerr.NotLeaderForPartition.Code, kerr.RequestTimedOut.Code,
		kerr.LeaderNotAvailable.Code, kerr.KafkaStorageError.Code, kerr.UnknownTopicOrPartition.Code,
		kerr.CorruptMessage.Code, kerr.TopicAuthorizationFailed.Code, kerr.UnknownServerError.Code,
	}
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		r := req.(*kmsg.ProduceRequest)
		x, anyBad := rnd.Intn(100), false
		if quiet.Load() {
			x = 100
		}
		res := r.ResponseKind().(*kmsg.ProduceResponse)
		for _, rt := range r.Topics {
			st := kmsg.NewProduceResponseTopic()
			st.Topic, st.TopicID = rt.Topic, rt.TopicID
			for _, rp := range rt.Partitions {
				sp := kmsg.NewProduceResponseTopicPartition()
				sp.Partition, sp.ErrorCode = rp.Partition, codes[rnd.Intn(len(codes))]
				if i, bad := indexOfBad(rp.Records); bad {
					anyBad = true
					sp.ErrorCode = kerr.InvalidRecord.Code
					if rnd.Intn(2) == 0 {
						e := kmsg.NewProduceResponseTopicPartitionErrorRecord()
						e.RelativeOffset = i
						sp.ErrorRecords = append(sp.ErrorRecords, e)
					}
				}
				st.Partitions = append(st.Partitions, sp)
			}
			res.Topics = append(res.Topics, st)
		}
		switch {
		case !anyBad && x > 12:
			return nil, nil, false
		case !anyBad && x < 3:
			return nil, errors.New("cut before it is written"), true
		}
		return res, nil, true
	})
}

// indexOfBad is the index of the first bad record of an uncompressed batch.
func indexOfBad(raw []byte) (int32, bool) {
	if !bytes.Contains(raw, []byte("bad")) {
		return 0, false
	}
	var b kmsg.RecordBatch
	if b.ReadFrom(raw) != nil {
		return 0, false
	}
	rest := b.Records
	for i := range b.NumRecords {
		n, k := binary.Varint(rest)
		if bytes.Contains(rest[k:k+int(n)], []byte("bad")) {
			return i, true
		}
		rest = rest[k+int(n):]
	}
	return 0, false
}

// story is what became of the messages of a test, by number.
type story struct {
	numbers map[string]int // by value
	acked   map[int]bool
	dropped map[int]bool
	again   map[int]bool // given up after a failure: each may be there or not, and in any place
	pending []message.Message
}

func (s *story) grow(rnd *rand.Rand, n int) {
	for range n {
		number := len(s.numbers) + 1
		v := fmt.Sprintf("%07d|", number)
		switch rnd.Intn(200) {
		case 0:
			v += "bad"
		case 1:
			v += strings.Repeat("x", 1000+rnd.Intn(3000)) // too large
		default:
			v += strings.Repeat("y", rnd.Intn(120))
		}
		s.numbers[v] = number
		s.pending = append(s.pending, message.Message{
			Topic: topic, Partition: int32(rnd.Intn(partitions)), Position: fmt.Append(nil, number), TimestampIsNow: rnd.Intn(2) == 0,
			Record: recordbatch.Record{Key: fmt.Append(nil, number), Value: []byte(v), Timestamp: int64(number)},
		})
	}
}

func (s *story) number(m message.Message) int { return s.numbers[string(m.Value)] }

// Answers are lost or wrong, requests late, and refusals mixed with moves of leaders, short deadlines, batches
// that are divided, and Sends that are resumed and given up, all by chance: what is
// reported as written is there once, in order, and nothing is reported too early.
func TestSendKeepsItsWordWhateverHappens(t *testing.T) {
	t.Parallel()
	for seed := range int64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewSource(seed))
			network := &liar{rnd: rand.New(rand.NewSource(seed + 100))}
			s := &story{numbers: map[string]int{}, acked: map[int]bool{}, dropped: map[int]bool{}, again: map[int]bool{}}
			var mu sync.Mutex
			w := newWorld(t, func(c *Config) {
				c.DeliveryTimeout, c.RequestTimeout, c.Backoff = 200*time.Millisecond, time.Second, time.Millisecond
				c.BatchBytes, c.MaxAttempts, c.Warn = 2500, int(seed), func(string, error) {}
				c.Dropped = func(m *message.Message, _ error) {
					mu.Lock()
					defer mu.Unlock()
					s.dropped[s.number(*m)] = true
				}
			}, network.option(), kfake.BrokerConfigs(map[string]string{"message.max.bytes": "900"}))
			w.p.patience = 20 * time.Millisecond
			var quiet atomic.Bool
			w.refusing(rand.New(rand.NewSource(seed+200)), &quiet)
			for range 300 {
				network.cuts.Store(int64(rnd.Intn(3) * 40))
				network.lies.Store(int64(rnd.Intn(3) * 60))
				network.late.Store(int64(rnd.Intn(3) * 40))
				if rnd.Intn(5) == 0 {
					_ = w.fake.MoveTopicPartition(topic, int32(rnd.Intn(partitions)), int32(rnd.Intn(3)))
				}
				if len(s.pending) == 0 || rnd.Intn(2) == 0 {
					s.grow(rnd, 1+rnd.Intn(60))
				}
				w.sendSome(s, rnd)
			}
			quiet.Store(true)
			network.calm()
			w.check(s)
		})
	}
}

// sendSome sends what is pending, and does one thing or the other with what fails.
func (w *world) sendSome(s *story, rnd *rand.Rand) {
	w.t.Helper()
	ctx, cancel := w.ctx, context.CancelFunc(func() {})
	if rnd.Intn(4) == 0 {
		ctx, cancel = context.WithTimeout(w.ctx, time.Duration(rnd.Intn(20))*time.Millisecond)
	}
	some := append([]message.Message(nil), s.pending...)
	if rnd.Intn(4) == 0 {
		some = some[:1+rnd.Intn(len(some))]
	}
	n, err := w.p.Send(ctx, some)
	cancel()
	w.Equal(err == nil, n == len(some))
	for _, m := range s.pending[:n] {
		s.acked[s.number(m)] = true
	}
	if s.pending = s.pending[n:]; err == nil {
		return
	}
	var record *RecordError
	w.True(!errors.As(err, &record) || record.Index == n && bytes.Equal(record.Position, s.pending[0].Position))
	choice := rnd.Intn(10)
	if choice >= 4 && !bytes.Contains(s.pending[0].Value, []byte("bad")) {
		return // the same again
	}
	given := s.pending[:1+rnd.Intn(min(3, len(s.pending)))] // up to a dead-letter queue
	if choice < 2 {
		given = s.pending
	}
	for _, m := range given {
		s.again[s.number(m)] = true
	}
	s.pending = s.pending[len(given):]
}

// check compares the log with the story.
func (w *world) check(s *story) {
	w.t.Helper()
	records, err := w.truth.Consume(w.ctx, topic)
	w.NoErr(err)
	count, last := map[int]int{}, map[int32]int{}
	for _, r := range records {
		number, ok := s.numbers[string(r.Value)]
		w.True(ok && string(r.Key) == fmt.Sprint(number))
		if count[number]++; !s.again[number] {
			if number < last[r.Partition] {
				w.t.Errorf("partition %d: %d after %d", r.Partition, number, last[r.Partition])
			}
			last[r.Partition] = number
		}
	}
	for _, number := range s.numbers {
		switch n := count[number]; {
		case s.dropped[number] && n > 0:
			w.t.Errorf("%d was dropped, and is there", number)
		case s.acked[number] && !s.dropped[number] && n == 0:
			w.t.Errorf("%d was reported as written, and is not there", number)
		case n > 1:
			w.t.Errorf("%d is there %d times", number, n)
		}
	}
	w.t.Logf("%d messages, %d written, %d in the log", len(s.numbers), len(s.acked), len(records))
}
