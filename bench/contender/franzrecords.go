package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// What franzRecordReader does as the connector: how many records a call returns, and how
// often offsets are committed.
const (
	franzRecords     = 3000
	franzCommitEvery = time.Second
)

// franzRecordReader does with franz-go what a Conduit source must do: it makes a record of
// each message, with metadata, a position and raw data, it takes the acknowledgement of
// each position, and it commits what was acknowledged. It is as short as that can be: no
// headers, no check of the order, no restart from a position.
type franzRecordReader struct {
	client *kgo.Client

	mu    sync.Mutex
	acked map[string]map[int32]kgo.EpochOffset // not committed yet

	stop context.CancelFunc
	done chan struct{}
	err  error // of committing, read after done
}

func openFranzRecordReader(o options, fromStart bool) (reader, error) {
	client, err := openFranzGroup(o, fromStart, kgo.DisableAutoCommit())
	if err != nil {
		return nil, err
	}
	f := &franzRecordReader{client: client, acked: make(map[string]map[int32]kgo.EpochOffset), done: make(chan struct{})}
	var ctx context.Context
	ctx, f.stop = context.WithCancel(context.Background())
	go f.commitAgainAndAgain(ctx)
	return f, nil
}

func (f *franzRecordReader) api() string { return "PollRecords" }

func (f *franzRecordReader) next(ctx context.Context, _ int, visit func([]byte)) (int, int64, error) {
	records, err := f.poll(ctx)
	size := int64(0)
	for i := range records {
		value := records[i].Payload.After.Bytes()
		size += int64(len(value))
		if visit != nil {
			visit(value)
		}
		if err := f.ack(records[i].Position); err != nil {
			return i, size, err
		}
	}
	return len(records), size, err
}

// poll is ReadN.
func (f *franzRecordReader) poll(ctx context.Context) ([]opencdc.Record, error) {
	for {
		fetches := f.client.PollRecords(ctx, franzRecords)
		if err := fetches.Err0(); err != nil {
			return nil, err
		}
		for _, e := range fetches.Errors() {
			return nil, fmt.Errorf("fetch %s/%d: %w", e.Topic, e.Partition, e.Err)
		}
		if n := fetches.NumRecords(); n > 0 {
			readAt := strconv.FormatInt(time.Now().UnixNano(), 10)
			records := make([]opencdc.Record, 0, n)
			fetches.EachRecord(func(r *kgo.Record) { records = append(records, toRecord(r, readAt)) })
			return records, nil
		}
	}
}

func toRecord(r *kgo.Record, readAt string) opencdc.Record {
	return opencdc.Record{
		Position:  appendPosition(make([]byte, 0, len(r.Topic)+40), r),
		Operation: opencdc.OperationCreate,
		Metadata: opencdc.Metadata{
			opencdc.MetadataCollection: r.Topic,
			opencdc.MetadataReadAt:     readAt,
			opencdc.MetadataCreatedAt:  strconv.FormatInt(r.Timestamp.UnixNano(), 10),
			"kafka.partition":          strconv.Itoa(int(r.Partition)),
			"kafka.offset":             strconv.FormatInt(r.Offset, 10),
		},
		Key:     opencdc.RawData(r.Key),
		Payload: opencdc.Change{After: opencdc.RawData(r.Value)},
	}
}

// appendPosition writes partition, leader epoch, offset and topic, with spaces between.
func appendPosition(b []byte, r *kgo.Record) []byte {
	b = append(strconv.AppendInt(b, int64(r.Partition), 10), ' ')
	b = append(strconv.AppendInt(b, int64(r.LeaderEpoch), 10), ' ')
	b = append(strconv.AppendInt(b, r.Offset, 10), ' ')
	return append(b, r.Topic...)
}

func parsePosition(p opencdc.Position) (topic []byte, partition int32, next kgo.EpochOffset, err error) {
	var numbers [3]int64
	rest := []byte(p)
	for i := range numbers {
		text, after, found := bytes.Cut(rest, []byte{' '})
		if numbers[i], err = strconv.ParseInt(string(text), 10, 64); err != nil || !found {
			return nil, 0, next, errors.Join(fmt.Errorf("parse position %q", p), err)
		}
		rest = after
	}
	return rest, int32(numbers[0]), kgo.EpochOffset{Epoch: int32(numbers[1]), Offset: numbers[2] + 1}, nil
}

func (f *franzRecordReader) ack(p opencdc.Position) error {
	topic, partition, next, err := parsePosition(p)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	partitions := f.acked[string(topic)]
	if partitions == nil {
		partitions = make(map[int32]kgo.EpochOffset)
		f.acked[string(topic)] = partitions
	}
	partitions[partition] = next
	return nil
}

func (f *franzRecordReader) commitAgainAndAgain(ctx context.Context) {
	defer close(f.done)
	for tick := time.NewTicker(franzCommitEvery); ; {
		select {
		case <-tick.C:
			// One that is on its way is not cut short by the end: it took what was acknowledged.
			if f.err = f.commit(context.WithoutCancel(ctx)); f.err != nil {
				return
			}
		case <-ctx.Done():
			tick.Stop()
			return
		}
	}
}

func (f *franzRecordReader) commit(ctx context.Context) (err error) {
	f.mu.Lock()
	offsets := f.acked
	f.acked = make(map[string]map[int32]kgo.EpochOffset)
	f.mu.Unlock()
	if len(offsets) == 0 {
		return nil
	}
	done := make(chan struct{})
	f.client.CommitOffsetsSync(ctx, offsets, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, res *kmsg.OffsetCommitResponse, e error) {
		defer close(done)
		err = e
		if res == nil {
			return
		}
		for _, t := range res.Topics {
			for _, p := range t.Partitions {
				err = errors.Join(err, kerr.ErrorForCode(p.ErrorCode))
			}
		}
	})
	<-done
	return err
}

func (f *franzRecordReader) ackRest(context.Context) error { return nil }

// close commits the rest.
func (f *franzRecordReader) close(ctx context.Context) error {
	f.stop()
	<-f.done
	err := errors.Join(f.err, f.commit(ctx))
	f.client.Close()
	return err
}
