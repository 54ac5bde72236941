package faults_test

import (
	"context"
	"maps"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// A topic is deleted and made again under a destination that writes it and a source
// that reads it. What was in the old topic is gone; nothing that is written to the
// new one is.
func TestATopicIsDeletedAndMadeAgain(t *testing.T) {
	s := begin(t, "topic made again")
	s.settings.destination["topicAutoCreate"] = "false" // or the destination is the first to make it again
	dst, err := sides.OpenDestination(s.log, s.settings.destination)
	s.is.NoErr(err)
	w := &numberedWriter{dst: dst}
	s.loop(w.run)
	b := s.note(s.impatientReader(s.cluster.Servers()), false)

	through := func() {
		from := int(w.written.Load())
		s.until("records go through", func(context.Context) bool {
			return w.written.Load() > int64(from) && b.came(int(w.written.Load())-1) > 0
		})
	}
	through()
	made := 0
	for range rounds(3, 30) {
		ctx, cancel := context.WithTimeout(s.log, guard)
		s.is.NoErr(s.client.DeleteTopic(ctx, s.topic))
		s.is.NoErr(s.client.CreateTopic(ctx, s.topic, partitions, nil))
		cancel()
		made = int(w.begun.Load()) // from here on everything is written to the new topic alone
		through()
	}
	s.stops[0]()
	s.untilCommitted()
	s.close()

	log, err := s.client.Consume(s.log, s.topic)
	s.is.NoErr(err)
	there := make(map[int]int)
	for _, r := range log {
		n, err := strconv.Atoi(string(r.Value))
		s.is.NoErr(err)
		there[n]++
		s.is.True(b.came(n) > 0) // everything in the log was read
	}
	for n := made; n < int(w.written.Load()); n++ {
		if there[n] != 1 || b.came(n) != 1 {
			t.Errorf("record %d is in the log %d times and was read %d times", n, there[n], b.came(n))
		}
	}
}

// numberedWriter writes records whose values are consecutive numbers.
type numberedWriter struct {
	dst            destination
	begun, written atomic.Int64 // numbers below it
}

func (w *numberedWriter) run(ctx context.Context) {
	const batch = 20
	for ctx.Err() == nil {
		from := int(w.begun.Load())
		w.begun.Add(batch)
		var records []opencdc.Record
		for n := from; n < from+batch; n++ {
			records = append(records, opencdc.Record{
				Operation: opencdc.OperationCreate,
				Key:       opencdc.RawData(strconv.Itoa(n % 64)),
				Payload:   opencdc.Change{After: opencdc.RawData(strconv.Itoa(n))},
			})
		}
		for len(records) > 0 { // as a pipeline that is started again does
			n, err := w.dst.Write(context.WithoutCancel(ctx), records)
			if records = records[n:]; err != nil && ctx.Err() != nil {
				return
			}
		}
		w.written.Store(w.begun.Load())
		time.Sleep(10 * time.Millisecond)
	}
	_ = w.dst.Teardown(context.WithoutCancel(ctx))
}

// Partitions are added while a source reads what comes from now on. What is written
// to one before the group knows of it counts as such.
func TestPartitionsAreAdded(t *testing.T) {
	s := beginOn(t, "partitions added", 2)
	old := make([]*kgo.Record, 10)
	for i := range old {
		old[i] = &kgo.Record{Topic: s.topic, Partition: int32(i % 2), Value: []byte("-1")}
	}
	s.is.NoErr(s.client.Produce(s.log, old...))

	cfg := s.impatientConsumer()
	cfg.FromBeginning = false
	b := s.note(reader{s.topic, consumer.Open(dialer(s.cluster.Servers()), cfg)}, false)
	var started map[int32]int64
	s.until("the source has committed where it starts", func(ctx context.Context) bool {
		started, _ = s.client.Committed(ctx, s.group, s.topic)
		return len(started) == 2
	})
	s.is.True(maps.Equal(started, map[int32]int64{0: 5, 1: 5}))

	total, written := int32(2), 0
	for range rounds(4, 20) {
		total += 2
		s.is.NoErr(s.client.AddPartitions(s.log, s.topic, total))
		fresh, err := kclient.New(s.cluster.Direct()) // one that knows them
		s.is.NoErr(err)
		t.Cleanup(fresh.Close)
		for range 20 { // at once, and while the source finds them
			var records []*kgo.Record
			for p := range total {
				records = append(records, &kgo.Record{Topic: s.topic, Partition: p, Value: strconv.AppendInt(nil, int64(written), 10)})
				written++
			}
			s.is.NoErr(fresh.Produce(s.log, records...))
		}
		s.until("all are read", func(context.Context) bool { return b.numbers() >= written })
	}
	s.untilCommitted()
	s.close()
	s.is.Equal(b.came(-1), 0) // from before the start
	for n := range written {
		s.is.Equal(b.came(n), 1)
	}
	s.is.Equal(b.disorder, 0)
}
