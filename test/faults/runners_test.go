package faults_test

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// runners let the connector and another client write and read, each a topic of its
// own, until finish.
func (s *scenario) runners() []*runner { return []*runner{s.runConnector(), s.runFranz()} }

// measure takes a node away that all runners depend on, and measures how long each
// feels it. Records go through meanwhile.
func (s *scenario) measure(runners []*runner, node int, takeAway func()) {
	s.t.Helper()
	for _, r := range runners {
		s.move(r.topic, 0, int32(node))
		s.after(r, time.Now())
	}
	takeAway()
	moment := time.Now()
	s.flow()
	for _, r := range runners {
		s.after(r, moment)
		r.measure(moment)
	}
}

// after waits until a record that was begun after a moment was written and read.
func (s *scenario) after(r *runner, moment time.Time) {
	s.t.Helper()
	ask(s, func(context.Context) (struct{}, error) { return struct{}{}, r.through(moment) })
}

// runConnector lets the connector write and read a topic of its own.
func (s *scenario) runConnector() *runner {
	r := &runner{name: "connector", topic: s.cluster.NewTopic(s.t, 1, nil)}
	to, from := s.endsOf(r.topic, broker.Name(s.t))
	dst, err := sides.OpenDestination(s.log, to)
	s.is.NoErr(err)
	src, err := sides.OpenSource(s.log, from, nil)
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
	r := &runner{name: "franz-go", topic: s.cluster.NewTopic(s.t, 1, nil)}
	producer, err := kgo.NewClient(kgo.SeedBrokers(s.cluster.Servers()...), kgo.DefaultProduceTopic(r.topic))
	s.is.NoErr(err)
	consumer, err := kgo.NewClient(kgo.SeedBrokers(s.cluster.Servers()...), kgo.ConsumeTopics(r.topic),
		kgo.ConsumerGroup(broker.Name(s.t)), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
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
