package faults_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// How long a leader's death is felt, for the connector and, beside it in the same
// cluster, for another client library as it comes. Nothing is asserted about the
// times: they are for reading.
func TestRecoveryFromALeadersDeathIsMeasured(t *testing.T) {
	s := prepare(t)
	runners := []*runner{s.runConnector(), s.runFranz()}
	for round := range rounds(3, 20) {
		node := 1 + round%3
		for _, r := range runners {
			s.topic = r.topic
			s.move(0, int32(node))
			s.after(r, time.Now())
		}
		s.is.NoErr(s.cluster.KillNode(node))
		death := time.Now()
		for _, r := range runners {
			s.after(r, death)
			r.measure(death)
		}
		s.is.NoErr(s.cluster.StartNode(s.log, node))
	}
	for _, stop := range s.stops {
		stop()
	}
	t.Logf("medians of %d rounds, from a leader's death to the first record after it", len(runners[0].written))
	for _, r := range runners {
		t.Log(r)
	}
}

// after waits until a record that was begun after a moment was written and read.
func (s *scenario) after(r *runner, moment time.Time) {
	s.t.Helper()
	ask(s, func(context.Context) (struct{}, error) { return struct{}{}, r.through(moment) })
}

// runConnector lets the connector write and read a topic of its own.
func (s *scenario) runConnector() *runner {
	r := s.runner("connector")
	dst, err := openDestination(s.log, s.settings.destination)
	s.is.NoErr(err)
	src, err := openSource(s.log, s.settings.source)
	s.is.NoErr(err)
	s.loop(func(ctx context.Context) {
		r.writeAll(ctx, func(value []byte) error {
			_, err := dst.Write(s.log, numberless(value))
			return err
		})
		_ = dst.Teardown(s.log)
	})
	s.loop(func(ctx context.Context) {
		for {
			records, err := src.ReadN(ctx, 1)
			if err != nil {
				break
			}
			for _, rec := range records {
				r.noteRead(rec.Payload.After.Bytes())
				_ = src.Ack(ctx, rec.Position)
			}
		}
		_ = src.Teardown(s.log)
	})
	return r
}

// runFranz does the same with franz-go.
func (s *scenario) runFranz() *runner {
	r := s.runner("franz-go")
	producer, err := kgo.NewClient(kgo.SeedBrokers(s.cluster.Servers()...), kgo.DefaultProduceTopic(r.topic))
	s.is.NoErr(err)
	consumer, err := kgo.NewClient(kgo.SeedBrokers(s.cluster.Servers()...), kgo.ConsumeTopics(r.topic),
		kgo.ConsumerGroup(s.group), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	s.is.NoErr(err)
	s.loop(func(ctx context.Context) {
		r.writeAll(ctx, func(value []byte) error {
			return producer.ProduceSync(s.log, &kgo.Record{Value: value}).FirstErr()
		})
		producer.Close()
	})
	s.loop(func(ctx context.Context) {
		for ctx.Err() == nil {
			consumer.PollFetches(ctx).EachRecord(func(rec *kgo.Record) { r.noteRead(rec.Value) })
		}
		consumer.Close()
	})
	return r
}

func (s *scenario) runner(name string) *runner {
	s.renew(1)
	return &runner{name: name, topic: s.topic}
}
