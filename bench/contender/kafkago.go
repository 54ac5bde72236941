package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/payload"
)

// kafkaGoReader fetches message by message and hands them in for commit 500 at a
// time; they are committed every second.
type kafkaGoReader struct {
	reader  *kafka.Reader
	pending []kafka.Message
}

func openKafkaGoReader(o options, fromStart bool) reader {
	start := kafka.LastOffset
	if fromStart {
		start = kafka.FirstOffset
	}
	return &kafkaGoReader{reader: kafka.NewReader(kafka.ReaderConfig{
		Brokers:        strings.Split(o.servers, ","),
		GroupID:        o.group,
		Topic:          o.topic,
		StartOffset:    start,
		MinBytes:       1,
		MaxBytes:       10 << 20,
		MaxWait:        500 * time.Millisecond,
		QueueCapacity:  1000,
		CommitInterval: time.Second,
	})}
}

func (k *kafkaGoReader) api() string { return "FetchMessage" }

func (k *kafkaGoReader) next(ctx context.Context, limit int, visit func([]byte)) (int, int64, error) {
	k.pending = k.pending[:0]
	var size int64
	for len(k.pending) < limit {
		m, err := k.reader.FetchMessage(ctx)
		if err != nil {
			return len(k.pending), size, err
		}
		if visit != nil {
			visit(m.Value)
		}
		size += int64(len(m.Value))
		k.pending = append(k.pending, m)
	}
	return limit, size, k.reader.CommitMessages(ctx, k.pending...)
}

func (k *kafkaGoReader) ackRest(context.Context) error { return nil }

func (k *kafkaGoReader) close(context.Context) error { return k.reader.Close() }

// kafkaGoWriter writes each batch with one WriteMessages.
type kafkaGoWriter struct {
	writer  *kafka.Writer
	batches [][]kafka.Message
}

func openKafkaGoWriter(o options, batches, batch int) (writer, error) {
	var codec kafka.Compression
	if o.codec != "none" {
		if err := codec.UnmarshalText([]byte(o.codec)); err != nil {
			return nil, fmt.Errorf("codec: %w", err)
		}
	}
	k := &kafkaGoWriter{
		writer: &kafka.Writer{
			Addr:         kafka.TCP(strings.Split(o.servers, ",")...),
			Topic:        o.topic,
			Balancer:     kafka.Murmur2Balancer{},
			BatchSize:    writeBatch,
			BatchTimeout: time.Millisecond,
			RequiredAcks: kafka.RequireAll,
			Compression:  codec,
		},
		batches: make([][]kafka.Message, batches),
	}
	for b := range k.batches {
		k.batches[b] = make([]kafka.Message, batch)
		for i := range k.batches[b] {
			n := b*batch + i
			k.batches[b][i] = kafka.Message{Key: payload.Key(n), Value: payload.Value(n, o.size)}
		}
	}
	return k, nil
}

func (k *kafkaGoWriter) write(ctx context.Context, i int) error {
	err := k.writer.WriteMessages(ctx, k.batches[i]...)
	var each kafka.WriteErrors
	if errors.As(err, &each) {
		for _, err := range each {
			if err != nil {
				return err
			}
		}
	}
	return err
}

func (k *kafkaGoWriter) close(context.Context) error { return k.writer.Close() }
