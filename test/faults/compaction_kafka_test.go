package faults_test

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// Log cleaning leaves gaps, batches without records and tombstones. A source reads
// on over all of it, from the beginning and from a commit in a gap, and tells null
// from empty.
func TestATopicIsCompacted(t *testing.T) {
	s := begin(t, "compacted")
	s.cleanOften()
	s.topic = s.cluster.NewTopic(t, 1, map[string]string{
		"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01", "min.compaction.lag.ms": "0",
		"max.compaction.lag.ms": "100", "delete.retention.ms": "600000",
	})
	s.settings.source["topics"] = s.topic
	tx := &transactions{s: s}
	for round := range rounds(4, 40) {
		cl := tx.client() // its last batch stays, with or without records, as long as the broker remembers it
		for i := range 5 {
			var records []*kgo.Record
			for k := range 20 {
				records = append(records, &kgo.Record{Topic: s.topic, Key: fmt.Appendf(nil, "key-%d", k), Value: fmt.Appendf(nil, "%d", 1000*round+100*i+k)})
			}
			records[0].Value, records[1].Value, records[2].Key = nil, []byte{}, []byte{}
			if i < 4 {
				records[9].Key = fmt.Appendf(nil, "only-%d-%d", round, i) // this one stays
			}
			s.is.NoErr(cl.ProduceSync(s.log, records...).FirstErr())
			time.Sleep(120 * time.Millisecond) // then the segment is rolled
		}
	}
	last := &kgo.Record{Topic: s.topic, Key: []byte("last"), Value: []byte("last")}
	s.is.NoErr(s.client.Produce(s.log, last))
	var want []*kgo.Record
	s.until("each key is there once, with gaps and empty batches around", func(ctx context.Context) bool {
		shape, err := s.shape(ctx)
		if err != nil || shape.gaps == 0 || shape.empty == 0 {
			return false
		}
		want, err = s.client.Consume(ctx, s.topic)
		keys := make(map[string]bool)
		for _, r := range want {
			keys[string(r.Key)] = true
		}
		return err == nil && len(keys) == len(want)
	})

	check := func(b *book, from int) {
		s.until("the last record is read", func(context.Context) bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return len(b.records) > 0 && b.last[0] == last.Offset
		})
		s.untilCommitted()
		s.close()
		s.is.Equal(b.disorder, 0)
		s.sameRecords(b.records, want[from:])
	}
	src, err := sides.OpenSource(s.log, s.settings.source, nil)
	s.is.NoErr(err)
	check(s.note(src, true), 0)

	// From an offset that is gone: after the first record that has a gap after it.
	at := 0
	for want[at].Offset+1 == want[at+1].Offset {
		at++
	}
	s.stops = nil
	s.group += "-in-a-gap"
	s.settings.source["groupID"] = s.group
	s.is.NoErr(s.client.Commit(s.log, s.group, s.topic, map[int32]int64{0: want[at].Offset + 1}))
	src, err = sides.OpenSource(s.log, s.settings.source, nil)
	s.is.NoErr(err)
	check(s.note(src, true), at+1)
}

// sameRecords compares what was read with the log, null and empty apart.
func (s *scenario) sameRecords(got []opencdc.Record, want []*kgo.Record) {
	s.t.Helper()
	s.is.Equal(len(got), len(want))
	null, empty := 0, 0
	for i, w := range want {
		s.is.Equal(got[i].Metadata["kafka.offset"], strconv.FormatInt(w.Offset, 10))
		key, value := got[i].Key.Bytes(), got[i].Payload.After.Bytes()
		s.is.True(bytes.Equal(key, w.Key) && (key == nil) == (w.Key == nil))
		s.is.True(bytes.Equal(value, w.Value) && (value == nil) == (w.Value == nil))
		if w.Value == nil {
			null++
		} else if len(w.Value) == 0 {
			empty++
		}
	}
	s.is.True(null > 0 && empty > 0)
}

// shape is what a partition's log consists of.
type shape struct {
	gaps  int // between two batches or within one
	empty int // batches without records
}

// shape looks at the bytes of partition 0.
func (s *scenario) shape(ctx context.Context) (shape, error) {
	var out shape
	ends, err := s.client.EndOffsets(ctx, s.topic)
	if err != nil {
		return out, err
	}
	for next := int64(0); next < ends[0]; {
		set, err := s.client.FetchRaw(ctx, s.topic, 0, next)
		if err != nil {
			return out, err
		}
		before := next
		for len(set) > 0 {
			var b kmsg.RecordBatch
			if err := b.ReadFrom(set); err != nil {
				break // the last one may be cut
			}
			set = set[12+b.Length:]
			if b.FirstOffset > next {
				out.gaps++
			}
			if b.NumRecords == 0 {
				out.empty++
			} else if b.NumRecords <= b.LastOffsetDelta {
				out.gaps++
			}
			next = b.FirstOffset + int64(b.LastOffsetDelta) + 1
		}
		if next == before {
			return out, fmt.Errorf("read the log of %s/0: it ends at offset %d", s.topic, next)
		}
	}
	return out, nil
}

// cleanOften has all brokers look every 100 ms for what is to be cleaned.
func (s *scenario) cleanOften() {
	s.t.Helper()
	c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
	c.Name, c.Value = "log.cleaner.backoff.ms", kmsg.StringPtr("100")
	r := kmsg.NewIncrementalAlterConfigsRequestResource()
	r.ResourceType, r.Configs = kmsg.ConfigResourceTypeBroker, append(r.Configs, c)
	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	req.Resources = append(req.Resources, r)
	res, err := req.RequestWith(s.log, s.client.Raw())
	s.is.NoErr(err)
	s.is.Equal(res.Resources[0].ErrorCode, int16(0))
}
