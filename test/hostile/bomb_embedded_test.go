package hostile_test

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// batch is a record batch as any producer may send it.
func batch(t *testing.T, codec recordbatch.Codec, records ...recordbatch.Record) []byte {
	t.Helper()
	w := recordbatch.NewWriter()
	w.Reset()
	for i := range records {
		is.New(t).NoErr(w.Append(&records[i]))
	}
	b, err := w.Finish(codec, 0)
	is.New(t).NoErr(err)
	return b.Bytes()
}

// appendTo appends a batch to partition 0 of a topic, bytes for bytes.
func appendTo(ctx context.Context, t *testing.T, client *kgo.Client, topic string, batch []byte) {
	t.Helper()
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, 30000
	rt, rp := kmsg.NewProduceRequestTopic(), kmsg.NewProduceRequestTopicPartition()
	rp.Records = batch
	rt.Topic, rt.Partitions = topic, append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	res, err := req.RequestWith(ctx, client)
	is.New(t).NoErr(err)
	is.New(t).Equal(res.Topics[0].Partitions[0].ErrorCode, int16(0))
}

// peakHeap measures how far the heap grows until stop is called.
func peakHeap() (stop func() uint64) {
	debug.FreeOSMemory()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	var peak atomic.Uint64
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapAlloc))
			select {
			case <-done:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(done)
		<-ended
		return max(peak.Load(), before.HeapAlloc) - before.HeapAlloc
	}
}

// 120 KiB which decompress to 120 MiB, and would take gigabytes as headers.
func TestSourceEndsAtABatchOfTooManyHeadersAndGoesOnAfterIt(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	ctx := guarded(t)
	client, err := kgo.NewClient(kgo.SeedBrokers(fake.ListenAddrs()...), kgo.MaxVersions(kversion.V2_8_0()))
	is.NoErr(err)
	defer client.Close()
	value := func(v string) recordbatch.Record { return recordbatch.Record{Value: []byte(v)} }
	appendTo(ctx, t, client, "t", batch(t, recordbatch.None, value("before")))
	bomb := batch(t, recordbatch.Gzip, recordbatch.Record{Headers: make([]recordbatch.Header, 60<<20)})
	t.Logf("%d KiB", len(bomb)>>10)
	appendTo(ctx, t, client, "t", bomb)
	appendTo(ctx, t, client, "t", batch(t, recordbatch.None, value("after")))

	s := settings{"servers": fake.ListenAddrs()[0], "topics": "t", "groupID": "g", "readFromBeginning": "true"}
	grown := peakHeap()
	src, err := openSource(t, ctx, s, nil)
	is.NoErr(err)
	records, err := src.ReadN(ctx, 1)
	is.NoErr(err)
	is.Equal(string(records[0].Payload.After.Bytes()), "before")
	is.NoErr(src.Ack(ctx, records[0].Position))
	_, err = src.ReadN(ctx, 1)
	var tooLarge *recordbatch.TooLargeError
	is.True(errors.As(err, &tooLarge))
	is.Equal(tooLarge.Topic, "t")
	is.Equal(tooLarge.Offset, int64(1))
	is.Equal(tooLarge.Next, int64(2))
	is.NoErr(src.Teardown(ctx))
	if n := grown() >> 20; n > 512 {
		t.Errorf("the heap grew by %d MiB", n)
	}

	// What docs/operations.md says: the offset is set while nothing reads.
	commit := kmsg.NewPtrOffsetCommitRequest()
	commit.Group = "g"
	ct, cp := kmsg.NewOffsetCommitRequestTopic(), kmsg.NewOffsetCommitRequestTopicPartition()
	cp.Offset = tooLarge.Next
	ct.Topic, ct.Partitions = "t", append(ct.Partitions, cp)
	commit.Topics = append(commit.Topics, ct)
	_, err = commit.RequestWith(ctx, client)
	is.NoErr(err)
	src, err = openSource(t, ctx, s, records[0].Position)
	is.NoErr(err)
	records, err = src.ReadN(ctx, 1)
	is.NoErr(err)
	is.Equal(string(records[0].Payload.After.Bytes()), "after")
	is.NoErr(src.Teardown(ctx))
}
