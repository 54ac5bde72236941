package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// Committed reads one partition as read_committed, from an offset or the first one after it
// that is there, up to where its log ends at the moment, and returns the offset after that.
// It waits for transactions that are open there to end, or for ctx. see gets the records in
// order, and must not keep them. Offsets that no record has, as those of a transaction's
// end, are passed over.
func Committed(ctx context.Context, client *cluster.Client, p message.TopicPartition, from int64, warn func(string, error), see func([]recordbatch.Record) error) (int64, error) {
	w := reading{client: client, TopicPartition: p, next: from, warn: warn, see: see}
	if err := w.attempt(ctx, w.bounds); err != nil {
		return from, err
	}
	return w.read(ctx, from)
}

// CommittedBefore is Committed up to an offset. From there on transactions may be open.
func CommittedBefore(ctx context.Context, client *cluster.Client, p message.TopicPartition, from, end int64, warn func(string, error), see func([]recordbatch.Record) error) (int64, error) {
	w := reading{client: client, TopicPartition: p, next: from, end: end, warn: warn, see: see}
	return w.read(ctx, from)
}

// read goes on up to the end.
func (w *reading) read(ctx context.Context, from int64) (int64, error) {
	for moved := time.Now(); w.next < w.end; {
		before := w.next
		err := w.attempt(ctx, w.fetch)
		switch {
		case err != nil && w.held:
			return from, fmt.Errorf("%s: %w", w.waiting(), err)
		case err != nil:
			return from, err
		}
		if w.held = w.next == before; !w.held {
			moved = time.Now()
		} else if time.Since(moved) >= reminder {
			w.warn(w.waiting(), nil)
			moved = time.Now()
		}
	}
	return w.next, nil
}

// reminder is how often it is said that a transaction is waited for.
const reminder = 5 * time.Second

func (w *reading) waiting() string {
	return fmt.Sprintf("read %s/%d: a transaction is open at offset %d: if its process was killed, it ends when that opens again or at its time-out", w.Topic, w.Partition, w.next)
}

// reading is the reading of a partition.
type reading struct {
	client *cluster.Client
	message.TopicPartition
	next, end int64
	held      bool // by an open transaction: the last answer had nothing
	warn      func(string, error)
	see       func([]recordbatch.Record) error
	reader    recordbatch.Reader
	records   []recordbatch.Record
}

// attempt does something until it is done, fails for good, or ctx ends.
func (w *reading) attempt(ctx context.Context, do func(context.Context) error) error {
	retry := cluster.NewRetry(50*time.Millisecond, time.Second)
	for tries := 0; ; tries++ {
		err := do(ctx)
		switch {
		case err == nil:
			return nil
		case errors.As(err, new(*unwantedError)) || !cluster.Retriable(err):
			return w.named(err)
		case tries > 0 && ctx.Err() == nil:
			w.warn(fmt.Sprintf("read %s/%d, trying again", w.Topic, w.Partition), err)
		}
		if !retry.Wait(ctx) {
			return w.named(err)
		}
		_, _ = w.client.Refresh(ctx, []string{w.Topic}) // what fails shows again
	}
}

func (w *reading) named(err error) error {
	return fmt.Errorf("read %s/%d: %w", w.Topic, w.Partition, w.client.Explain(err, acl.OnTopics("Read", w.Topic)))
}

// bounds asks where the log begins and ends.
func (w *reading) bounds(ctx context.Context) error {
	begin, end, err := w.client.Bounds(ctx, w.Topic, w.Partition)
	if err == nil {
		w.next, w.end = max(w.next, begin), end
	}
	return err
}

const (
	readingBytes = 4 << 20
	readingWait  = 500 * time.Millisecond
)

// fetch reads what one answer has.
func (w *reading) fetch(ctx context.Context) error {
	topic, _ := w.client.Cached(w.Topic)
	part, ok := topic.Partition(w.Partition)
	if !ok || part.Leader < 0 {
		return kafkago.LeaderNotAvailable
	}
	conn, err := w.client.Broker(ctx, part.Leader, cluster.Fetch)
	if err != nil {
		return err
	}
	req := &request{
		maxWait: int32(readingWait.Milliseconds()), minBytes: 1, maxBytes: readingBytes, committed: true, sessionEpoch: sessionless,
		topics: []requestTopic{{topicName{w.Topic, topic.ID}, []requestPartition{{
			id: w.Partition, epoch: -1, offset: w.next, lastEpoch: -1, maxBytes: readingBytes,
		}}}},
		byID: topic.ID != (cluster.TopicID{}),
	}
	frame, err := conn.Frame(ctx, req, readingWait)
	if err != nil {
		return err
	}
	version, _ := conn.VersionOf(req)
	res, err := parse(frame, version)
	if err != nil {
		return conn.Refuse(req.ApiKey(), err)
	}
	if err := cluster.CodeError(res.err); err != nil {
		return err
	}
	for i := range res.partitions {
		if res.partitions[i].topicID != topic.ID && version >= minTopicIDs {
			return errAnotherTopic
		}
		if err := w.take(&res.partitions[i]); err != nil {
			return err
		}
	}
	return nil
}

var errAnotherTopic = errors.New("the broker's answer is about another topic")

// take reads the records of an answer.
func (w *reading) take(p *partitionResponse) error {
	if err := cluster.CodeError(p.err); err != nil {
		return err
	}
	w.reader.Reset(w.Topic, w.Partition, p.set, w.next, recordbatch.ReadOptions{ReadCommitted: true, Aborted: p.aborted})
	for {
		var err error
		if w.records, err = w.reader.Next(w.records[:0]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := w.see(w.records); err != nil {
			return &unwantedError{err}
		}
		w.next = w.reader.NextOffset()
	}
}

// unwantedError is what the caller says of records: reading them again is of no use.
type unwantedError struct{ err error }

func (e *unwantedError) Error() string { return e.err.Error() }
func (e *unwantedError) Unwrap() error { return e.err }
