package topicconfig

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/createpartitions"
	"github.com/segmentio/kafka-go/protocol/createtopics"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// create creates a topic as the source's is. If the brokers refuse that for its
// configuration, it creates it without what was copied, which configure then applies as far
// as they take it.
func (a *Applier) create(ctx context.Context, name string, want Topic) error {
	copied := a.copied(want)
	err := a.createWith(ctx, name, want, copied)
	if valueRefused(err) && len(copied) > 0 {
		err = a.createWith(ctx, name, want, nil)
	}
	switch {
	case err == nil:
		a.cfg.Info(fmt.Sprintf("created topic %q as topic %q of the source is", name, want.Name))
		return errPending
	case errors.Is(err, kafkago.TopicAlreadyExists):
		return errPending
	}
	return fmt.Errorf("create the topic: %w", a.client.Explain(err, acl.OnTopics("Create", name)))
}

// copied are the configs of the source that count, sorted by name: settings of the
// destination come before them.
func (a *Applier) copied(want Topic) []Setting {
	var out []Setting
	for _, name := range slices.Sorted(maps.Keys(want.Configs)) {
		if a.copies(name) {
			out = append(out, Setting{name, want.Configs[name]})
		}
	}
	return out
}

// copies reports whether a config is copied: the destination's settings don't say what it is.
func (a *Applier) copies(name string) bool {
	return copied(name) && !slices.ContainsFunc(a.cfg.Configs, func(s Setting) bool { return s.Name == name })
}

func (a *Applier) createWith(ctx context.Context, name string, want Topic, copied []Setting) error {
	t := createtopics.RequestTopic{
		Name:              name,
		NumPartitions:     cmp.Or(int32(a.cfg.Partitions), want.Partitions, -1),
		ReplicationFactor: int16(cmp.Or(a.cfg.ReplicationFactor, -1)),
	}
	for _, s := range slices.Concat(a.cfg.Configs, copied) {
		t.Configs = append(t.Configs, createtopics.RequestConfig{Name: s.Name, Value: s.Value})
	}
	res, err := ask[*createtopics.Response](ctx, a, &createtopics.Request{Topics: []createtopics.RequestTopic{t}, TimeoutMs: a.timeout()})
	if err != nil {
		return err
	}
	for _, t := range res.Topics {
		if t.Name == name {
			return cluster.AnswerError(t.ErrorCode, t.ErrorMessage)
		}
	}
	return errUnmentioned
}

// grow adds partitions. It warns once of a topic that has more than the source's: there is
// no way to have fewer.
func (a *Applier) grow(ctx context.Context, f *follower, now cluster.Topic, want Topic) error {
	have := len(now.Partitions)
	switch count := int(want.Partitions); {
	case a.cfg.Partitions > 0 || count == 0 || count == have:
		return nil
	case count < have:
		if !f.fewer {
			f.fewer = true
			a.cfg.Warn(subject(now.Name), fmt.Errorf("it has %d partitions, and topic %q of the source has %d: Kafka can't take partitions away", have, want.Name, count))
		}
		return nil
	case want.Partitions == f.asked:
		return errPending
	}
	if err := a.growTo(ctx, now.Name, want.Partitions); err != nil {
		return fmt.Errorf("have %d partitions instead of %d: %w", want.Partitions, have, a.client.Explain(err, acl.OnTopics("Alter", now.Name)))
	}
	f.asked = want.Partitions
	a.cfg.Info(fmt.Sprintf("gave topic %q %d partitions instead of %d, as topic %q of the source has", now.Name, want.Partitions, have, want.Name))
	return errPending
}

func (a *Applier) growTo(ctx context.Context, name string, count int32) error {
	req := &createpartitions.Request{Topics: []createpartitions.RequestTopic{{Name: name, Count: count}}, TimeoutMs: a.timeout()}
	res, err := ask[*createpartitions.Response](ctx, a, req)
	if err != nil {
		return err
	}
	for _, r := range res.Results {
		if r.Name == name {
			return cluster.AnswerError(r.ErrorCode, r.ErrorMessage)
		}
	}
	return errUnmentioned
}

// errUnmentioned is that of an answer which does not say what came of the request.
var errUnmentioned = errors.New("the broker's answer does not mention it")

// valueRefused reports whether brokers refuse a request for what it asks.
func valueRefused(err error) bool {
	return errors.Is(err, kafkago.InvalidConfiguration) || errors.Is(err, kafkago.InvalidRequest) || errors.Is(err, kafkago.PolicyViolation)
}

// timeout is how long the controller may wait for its brokers, in milliseconds.
func (a *Applier) timeout() int32 {
	return int32(min(max((a.cfg.RequestTimeout/2).Milliseconds(), 1), math.MaxInt32))
}

// ask asks the controller.
func ask[R protocol.Message](ctx context.Context, a *Applier, req protocol.Message) (res R, err error) {
	msg, err := a.client.Controller(ctx, req)
	if err != nil {
		return res, err
	}
	return msg.(R), nil
}
