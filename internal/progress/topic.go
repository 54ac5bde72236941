package progress

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/createtopics"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// Topic is where progress is written. It has one partition.
type Topic struct {
	Name string
	// ReplicationFactor is for a topic that is created; 0: the brokers' default.
	ReplicationFactor int
	Client            *cluster.Client
	Warn              func(msg string, err error)

	next int64 // what Read goes on with
}

// configs keep the topic small: only closed segments are compacted, and the end of each
// transaction stays for as long as what was deleted does.
var configs = []createtopics.RequestConfig{
	{Name: "cleanup.policy", Value: "compact"},
	{Name: "segment.bytes", Value: "4194304"},
	{Name: "min.cleanable.dirty.ratio", Value: "0.01"},
	{Name: "delete.retention.ms", Value: "300000"},
}

// Ensure creates the topic if it is missing, waits until brokers know it, and refuses one of
// which the brokers delete progress.
func (t *Topic) Ensure(ctx context.Context) error {
	retry := cluster.NewRetry(50*time.Millisecond, time.Second)
	for {
		err := t.look(ctx)
		if errors.Is(err, kafkago.UnknownTopicOrPartition) {
			if err = t.create(ctx); err == nil {
				err = t.look(ctx)
			}
		}
		if err == nil {
			return t.compacted(ctx)
		}
		if !cluster.Retriable(err) || !retry.Wait(ctx) {
			return fmt.Errorf("find progress topic %q: %w", t.Name, err)
		}
	}
}

func (t *Topic) look(ctx context.Context) error {
	topics, err := t.Client.Refresh(ctx, []string{t.Name})
	if err != nil {
		return err
	}
	if err := topics[t.Name].Err; err != nil {
		return t.Client.Explain(err, acl.OnTopics("Describe", t.Name))
	}
	if p, ok := topics[t.Name].Partition(0); !ok || p.Leader < 0 {
		return kafkago.LeaderNotAvailable
	}
	return nil
}

func (t *Topic) create(ctx context.Context) error {
	req := &createtopics.Request{TimeoutMs: 10_000, Topics: []createtopics.RequestTopic{{
		Name: t.Name, NumPartitions: 1, ReplicationFactor: cmp.Or(int16(t.ReplicationFactor), -1), Configs: configs,
	}}}
	msg, err := t.Client.Controller(ctx, req)
	if err != nil {
		return err
	}
	for _, r := range msg.(*createtopics.Response).Topics {
		err := cluster.AnswerError(r.ErrorCode, r.ErrorMessage)
		if err == nil || errors.Is(err, kafkago.TopicAlreadyExists) {
			continue
		}
		return fmt.Errorf("create it, with cleanup.policy=compact and one partition: %w", t.Client.Explain(err, acl.OnTopics("Create", t.Name)))
	}
	return nil
}

// Read has a table know what its destination has written, since the last Read or ever. No
// transaction of this process may be open. Those of others are waited for, as it is not known
// which records they are about.
func (t *Topic) Read(ctx context.Context, into *Table) error {
	return t.went(fetch.Committed(ctx, t.Client, message.TopicPartition{Topic: t.Name}, t.next, t.Warn, see(into)))
}

// ErrGone says that the topic has lost some of what was read, or of what was to be read.
var ErrGone = errors.New("the topic has lost progress")

// ReadBefore is Read up to an offset, from which on this process may have a transaction open.
// It returns ErrGone if the topic was made again, or records were deleted from it.
func (t *Topic) ReadBefore(ctx context.Context, offset int64, into *Table) error {
	if offset < t.next {
		return ErrGone
	}
	err := t.went(fetch.CommittedBefore(ctx, t.Client, message.TopicPartition{Topic: t.Name}, t.next, offset, t.Warn, see(into)))
	if errors.Is(err, kafkago.OffsetOutOfRange) {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}

// went notes how far the topic was read.
func (t *Topic) went(next int64, err error) error {
	if err != nil {
		return fmt.Errorf("read progress: %w", err)
	}
	t.next = next
	return nil
}

// see has a table know what records say.
func see(into *Table) func([]recordbatch.Record) error {
	return func(records []recordbatch.Record) error {
		for _, r := range records {
			k, m, err := parse(r.Key, r.Value)
			if err != nil {
				return fmt.Errorf("the record at offset %d is not progress: %w: use another progressTopic", r.Offset, err)
			}
			into.Set(k, m)
		}
		return nil
	}
}

// ReadAgain is Read of the whole topic, after something has disappeared from it.
func (t *Topic) ReadAgain(ctx context.Context, into *Table) error {
	t.next = 0
	return t.Read(ctx, into)
}
