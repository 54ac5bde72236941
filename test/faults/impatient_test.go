package faults_test

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Timeouts so short that faults outlast them.
const (
	dialTimeout    = time.Second
	requestTimeout = 2 * time.Second
	sessionTimeout = 4 * time.Second
	// outlast is longer than each of them.
	outlast = sessionTimeout + 2*time.Second
)

// startImpatient is start with a producer and a consumer of short timeouts.
func (s *scenario) startImpatient(servers []string, deliveryTimeout time.Duration) {
	s.write(s.impatientWriter(servers, deliveryTimeout))
	s.read(s.impatientReader(servers))
}

func dialer(servers []string) *cluster.Client {
	return cluster.New(servers, wire.Config{ClientID: "faults", DialTimeout: dialTimeout, RequestTimeout: requestTimeout})
}

func (s *scenario) warn(msg string, err error) { sdk.Logger(s.log).Warn().Err(err).Msg(msg) }

// writer is a destination without settings.
type writer struct {
	topic    string
	client   *cluster.Client
	producer *produce.Producer
}

func (s *scenario) impatientWriter(servers []string, deliveryTimeout time.Duration) writer {
	client := dialer(servers)
	return writer{s.topic, client, produce.New(client, produce.Config{
		Acks:            produce.AcksAll,
		DeliveryTimeout: deliveryTimeout,
		RequestTimeout:  requestTimeout,
		BatchBytes:      1_000_012,
		Warn:            s.warn,
	})}
}

func (w writer) Write(ctx context.Context, records []opencdc.Record) (int, error) {
	messages := make([]message.Message, len(records))
	for i, r := range records {
		messages[i] = message.Message{Topic: w.topic, Partition: message.PartitionAny, Record: recordbatch.Record{
			Timestamp: time.Now().UnixMilli(), Key: r.Key.Bytes(), Value: r.Payload.After.Bytes(),
		}}
	}
	return w.producer.Send(ctx, messages)
}

func (w writer) Teardown(context.Context) error {
	w.client.Close()
	return nil
}

// reader is a source without settings.
type reader struct {
	topic    string
	consumer *consumer.Consumer
}

func (s *scenario) impatientReader(servers []string) reader {
	return reader{s.topic, consumer.Open(dialer(servers), s.impatientConsumer())}
}

func (s *scenario) impatientConsumer() consumer.Config {
	return consumer.Config{
		Group: group.Config{
			GroupID:           s.group,
			Topics:            []string{s.topic},
			SessionTimeout:    sessionTimeout,
			RebalanceTimeout:  sessionTimeout,
			HeartbeatInterval: sessionTimeout / 8,
			MetadataInterval:  time.Second,
			RetryJoin:         true,
			Warn:              s.warn,
		},
		Fetch: fetch.Config{
			ReadCommitted:     true,
			MinBytes:          1,
			MaxWait:           500 * time.Millisecond,
			MaxBytes:          16 << 20,
			MaxPartitionBytes: 1 << 20,
			MaxBuffered:       32 << 20,
		},
		FromBeginning:  true,
		CommitSize:     1000,
		CommitInterval: time.Second,
		MaxUncommitted: 100_000,
		Info:           func(string) {},
	}
}

func (r reader) ReadN(ctx context.Context, n int) ([]opencdc.Record, error) {
	batches, err := r.consumer.Next(ctx, max(n, 1000))
	if err != nil {
		return nil, err
	}
	var records []opencdc.Record
	for _, b := range batches {
		for _, m := range b.Records {
			records = append(records, opencdc.Record{
				Position: kafka.Position{GroupID: "any", Partition: b.Partition, Offset: m.Offset}.Encode(),
				Metadata: opencdc.Metadata{
					kafka.MetadataPartition: strconv.Itoa(int(b.Partition)),
					kafka.MetadataOffset:    strconv.FormatInt(m.Offset, 10),
				},
				Key:     opencdc.RawData(m.Key),
				Payload: opencdc.Change{After: opencdc.RawData(m.Value)},
			})
		}
	}
	return records, nil
}

func (r reader) Ack(_ context.Context, position opencdc.Position) error {
	p, err := kafka.ParsePosition(position)
	if err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	r.consumer.Ack(r.topic, p.Partition, p.Offset)
	return nil
}

func (r reader) Teardown(ctx context.Context) error { return r.consumer.Close(ctx) }
