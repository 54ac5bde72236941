package fetch

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

const topic = "t"

// A script is what a broker's log looks like: at each offset that may be fetched,
// what it answers with.
type script map[int64]answerFunc

type answerFunc func(asked kmsg.FetchRequestTopicPartition) reply

type reply struct {
	set     []byte
	aborted []kmsg.FetchResponseTopicPartitionAbortedTransaction
	code    int16
}

// play starts a broker that answers fetches of t/0 from a script and returns a
// fetcher that reads it from an offset.
func play(t *testing.T, s script, from int64, change func(*Config)) *Fetcher {
	t.Helper()
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	fake.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		r := req.(*kmsg.FetchRequest)
		res := r.ResponseKind().(*kmsg.FetchResponse)
		asked := r.Topics[0].Partitions[0]
		answer, ok := s[asked.FetchOffset]
		if !ok {
			time.Sleep(10 * time.Millisecond) // the broker waits for records
			answer = func(kmsg.FetchRequestTopicPartition) reply { return reply{} }
		}
		answers := make(chan reply, 1)
		fake.SleepControl(func() { answers <- answer(asked) }) // or no other request would be answered meanwhile
		var a reply
		select {
		case a = <-answers:
		default: // the cluster ends
			return nil, nil, true
		}
		p := kmsg.NewFetchResponseTopicPartition()
		p.RecordBatches, p.AbortedTransactions, p.ErrorCode = a.set, a.aborted, a.code
		rt := kmsg.NewFetchResponseTopic()
		rt.Topic, rt.TopicID, rt.Partitions = topic, r.Topics[0].TopicID, append(rt.Partitions, p)
		res.Topics = append(res.Topics, rt)
		return res, nil, true
	})
	f := open(t, fake, 5*time.Second, func(c *Config) {
		c.ReadCommitted = true
		if change != nil {
			change(c)
		}
	})
	f.Add([]Start{{Topic: topic, Partition: 0, Offset: from, LeaderEpoch: -1}})
	return f
}

// open returns a fetcher of a cluster that reads nothing yet.
func open(t *testing.T, fake *kfake.Cluster, requestTimeout time.Duration, change func(*Config)) *Fetcher {
	t.Helper()
	return openOver(t, fake, wire.Config{DialTimeout: 5 * time.Second, RequestTimeout: requestTimeout}, change)
}

// openOver is open with connections of a configuration.
func openOver(t *testing.T, fake *kfake.Cluster, connections wire.Config, change func(*Config)) *Fetcher {
	t.Helper()
	client := cluster.New(fake.ListenAddrs(), connections)
	cfg := Config{
		MinBytes: 1, MaxWait: 50 * time.Millisecond, MaxBytes: 1 << 20, MaxPartitionBytes: 1 << 20, MaxBuffered: 1 << 20,
		Warn:             func(msg string, err error) { t.Log(msg, err) },
		Reset:            resetBy(func(Lost) (int64, error) { return 0, errors.New("not expected") }),
		MetadataInterval: time.Minute,
	}
	change(&cfg)
	f := New(client, cfg)
	t.Cleanup(func() { f.Close(); client.Close() })
	return f
}

// resetBy is a Config.Reset that finds one offset after the other.
func resetBy(find func(Lost) (int64, error)) func(context.Context, []Lost, func(Found) bool) {
	return func(_ context.Context, lost []Lost, found func(Found) bool) {
		for _, l := range lost {
			to, err := find(l)
			found(Found{Lost: l, To: to, Err: err})
		}
	}
}

// batch makes a record batch of values at consecutive offsets; last is the offset
// that its header claims to end at, where compaction took records from its tail.
func batch(base, last int64, values ...string) []byte {
	w := recordbatch.NewWriter()
	for _, v := range values {
		_ = w.Append(&recordbatch.Record{Value: []byte(v)})
	}
	if len(values) == 0 {
		_ = w.Append(&recordbatch.Record{})
	}
	e, err := w.Finish(recordbatch.None, 0)
	if err != nil {
		panic(err)
	}
	b := slices.Clone(e.Bytes())
	if len(values) == 0 { // an empty batch is a header without records
		b = b[:61]
		binary.BigEndian.PutUint32(b[8:], 61-12)
		binary.BigEndian.PutUint32(b[57:], 0)
	}
	binary.BigEndian.PutUint64(b, uint64(base))
	binary.BigEndian.PutUint32(b[23:], uint32(last-base))
	return seal(b)
}

func seal(b []byte) []byte {
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

func answer(sets ...[]byte) answerFunc {
	all := slices.Concat(sets...)
	return func(kmsg.FetchRequestTopicPartition) reply { return reply{set: all} }
}

func fails(code *kerr.Error, times int, then answerFunc) answerFunc {
	return func(asked kmsg.FetchRequestTopicPartition) reply {
		if times--; times >= 0 {
			return reply{code: code.Code}
		}
		return then(asked)
	}
}

// values reads n records and returns offset:value of each.
func values(t *testing.T, f *Fetcher, n int) ([]string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var out []string
	for len(out) < n {
		batches, err := f.Next(ctx, n-len(out))
		if err != nil {
			return out, err
		}
		out = append(out, flatten(batches)...)
	}
	return out, nil
}

func flatten(batches []message.Batch) []string {
	var out []string
	for _, b := range batches {
		for _, r := range b.Records {
			out = append(out, fmt.Sprintf("%d:%s", r.Offset, r.Value))
		}
	}
	return out
}

// inTransaction makes a batch transactional.
func inTransaction(producer int64, b []byte) []byte {
	b[22] |= 0x10
	binary.BigEndian.PutUint64(b[43:], uint64(producer))
	return seal(b)
}

// marker is the control batch that ends a transaction.
func marker(producer, offset int64, commit bool) []byte {
	key := []byte{0, 0, 0, 0}
	if commit {
		key[3] = 1
	}
	w := recordbatch.NewWriter()
	_ = w.Append(&recordbatch.Record{Key: key, Value: make([]byte, 6)})
	e, err := w.Finish(recordbatch.None, 0)
	if err != nil {
		panic(err)
	}
	b := slices.Clone(e.Bytes())
	binary.BigEndian.PutUint64(b, uint64(offset))
	b[22] |= 0x20
	return inTransaction(producer, b)
}
