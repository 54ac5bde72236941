package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// start opens all sides and lets records go through.
func (f *field) start() error {
	writer := &side{name: "(what both read is written)", acked: make(map[int]time.Time)}
	f.all = []*side{
		{name: "the connector reads", source: writer},
		{name: "franz-go reads", source: writer},
		{name: "the connector writes", acked: make(map[int]time.Time)},
		{name: "franz-go writes", acked: make(map[int]time.Time)},
		writer,
	}
	ctx, cancel := context.WithCancel(zerolog.Nop().WithContext(f.ctx))
	f.ends = append(f.ends, func() error {
		cancel()
		f.tasks.Wait()
		return nil
	})
	for i, run := range []func(context.Context, *side) error{f.source, f.reader, f.destination, f.writer, f.quick} {
		if err := run(ctx, f.all[i]); err != nil {
			return err
		}
	}
	return f.settle()
}

// stop ends the sides.
func (f *field) stop() error {
	var errs []error
	for _, end := range f.ends {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}

// every runs a side's work again and again.
func (f *field) every(ctx context.Context, s *side, work func() error) {
	f.tasks.Go(func() {
		for ctx.Err() == nil {
			if err := work(); err != nil && ctx.Err() == nil {
				s.fail(err)
				return
			}
		}
	})
}

// pace is the time between two records of a writer.
const pace = 2 * time.Millisecond

// count has a side write one number after another.
func (f *field) count(ctx context.Context, s *side, write func(number string) error) {
	n := 0
	f.every(ctx, s, func() error {
		if err := write(strconv.Itoa(n)); err != nil {
			return err
		}
		s.through(n)
		n++
		time.Sleep(pace)
		return nil
	})
}

func (f *field) source(ctx context.Context, s *side) error {
	src, err := sides.OpenSource(ctx, map[string]string{"servers": strings.Join(f.cluster.Servers(), ","), "topics": shared, "groupID": "ours"}, nil)
	if err != nil {
		return err
	}
	f.ends = append(f.ends, func() error { return src.Teardown(f.ctx) })
	f.every(ctx, s, func() error {
		records, err := src.ReadN(ctx, 1000)
		if err != nil {
			return err
		}
		numbers := make([]int, len(records))
		for i, r := range records {
			numbers[i], _ = strconv.Atoi(string(r.Payload.After.Bytes()))
			if err := src.Ack(ctx, r.Position); err != nil {
				return err
			}
		}
		s.through(numbers...)
		return nil
	})
	return nil
}

func (f *field) reader(ctx context.Context, s *side) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(f.cluster.Servers()...), kgo.ConsumeTopics(shared), kgo.ConsumerGroup("theirs"))
	if err != nil {
		return err
	}
	f.ends = append(f.ends, func() error { client.Close(); return nil })
	f.every(ctx, s, func() error {
		fetches := client.PollFetches(ctx)
		var numbers []int
		fetches.EachRecord(func(r *kgo.Record) {
			n, _ := strconv.Atoi(string(r.Value))
			numbers = append(numbers, n)
		})
		if len(numbers) > 0 {
			s.through(numbers...)
		}
		return nil
	})
	return nil
}

func (f *field) destination(ctx context.Context, s *side) error {
	dst, err := sides.OpenDestination(ctx, map[string]string{"servers": strings.Join(f.cluster.Servers(), ","), "topic": ours})
	if err != nil {
		return err
	}
	f.ends = append(f.ends, func() error { return dst.Teardown(f.ctx) })
	f.count(ctx, s, func(number string) error {
		value := opencdc.RawData(number)
		_, err := dst.Write(ctx, []opencdc.Record{{
			Operation: opencdc.OperationCreate, Position: opencdc.Position(value), Payload: opencdc.Change{After: value},
		}})
		return err
	})
	return nil
}

func (f *field) writer(ctx context.Context, s *side) error { return f.produce(ctx, s, theirs) }

// quick writes what both read. It gives a broker that does not answer little time.
func (f *field) quick(ctx context.Context, s *side) error {
	return f.produce(ctx, s, shared, kgo.ProduceRequestTimeout(500*time.Millisecond), kgo.RequestTimeoutOverhead(500*time.Millisecond),
		kgo.DialTimeout(500*time.Millisecond), kgo.MetadataMinAge(100*time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 50 * time.Millisecond }))
}

func (f *field) produce(ctx context.Context, s *side, topic string, opts ...kgo.Opt) error {
	opts = append(opts, kgo.SeedBrokers(f.cluster.Servers()...), kgo.DefaultProduceTopic(topic), kgo.ProducerLinger(0))
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return err
	}
	f.ends = append(f.ends, func() error { client.Close(); return nil })
	f.count(ctx, s, func(number string) error { return client.ProduceSync(ctx, kgo.StringRecord(number)).FirstErr() })
	return nil
}
