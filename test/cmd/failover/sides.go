package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// side is one that writes or reads. Its records are numbers.
type side struct {
	name   string
	source *side // of a reader: who writes; nil: it writes itself

	mu    sync.Mutex
	last  time.Time // when a record went through last
	pause time.Duration
	wait  time.Duration
	acked map[int]time.Time // when each record was written that a reader may not have yet
	err   error
}

// through notes that records went through.
func (s *side) through(numbers ...int) {
	now := time.Now()
	var wait time.Duration
	if s.source != nil {
		for _, n := range numbers {
			wait = max(wait, s.source.age(n, now))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.last.IsZero() {
		s.pause = max(s.pause, now.Sub(s.last))
	}
	s.last, s.wait = now, max(s.wait, wait)
	if s.source == nil {
		for _, n := range numbers {
			s.acked[n] = now
			delete(s.acked, n-memory)
		}
	}
}

// memory is how many records a writer remembers.
const memory = 100_000

// age is how long ago a record was written.
func (s *side) age(n int, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.acked[n]; ok {
		return now.Sub(at)
	}
	return 0 // it was read before the writer heard
}

func (s *side) quiet() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.last)
}

// forget begins a measurement.
func (s *side) forget() {
	s.mu.Lock()
	s.pause, s.wait = 0, 0
	s.mu.Unlock()
}

func (s *side) measured() (pause, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pause, s.wait
}

func (s *side) fail(err error) {
	s.mu.Lock()
	s.err = err
	s.mu.Unlock()
}

func (s *side) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// start opens all sides and lets records go through.
func (f *field) start() error {
	writer := &side{name: "franz-go writes", acked: make(map[int]time.Time)}
	f.all = []*side{
		{name: "the connector reads", source: writer},
		{name: "franz-go reads", source: writer},
		{name: "the connector writes", acked: make(map[int]time.Time)},
		writer,
	}
	ctx, cancel := context.WithCancel(zerolog.Nop().WithContext(f.ctx))
	f.ends = append(f.ends, func() error {
		cancel()
		f.tasks.Wait()
		return nil
	})
	for i, run := range []func(context.Context, *side) error{f.source, f.reader, f.destination, f.writer} {
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

func (f *field) writer(ctx context.Context, s *side) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(f.cluster.Servers()...), kgo.DefaultProduceTopic(shared), kgo.ProducerLinger(0))
	if err != nil {
		return err
	}
	f.ends = append(f.ends, func() error { client.Close(); return nil })
	f.count(ctx, s, func(number string) error { return client.ProduceSync(ctx, kgo.StringRecord(number)).FirstErr() })
	return nil
}
