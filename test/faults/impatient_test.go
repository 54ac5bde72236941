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

// impatient makes the settings for start such that the timeouts are short.
func (s *scenario) impatient() {
	network := settings{"dialTimeout": dialTimeout.String(), "requestTimeout": requestTimeout.String()}
	s.settings.destination = s.settings.destination.with(network)
	s.settings.source = s.settings.source.with(network).with(settings{
		"sessionTimeout":    sessionTimeout.String(),
		"rebalanceTimeout":  sessionTimeout.String(),
		"heartbeatInterval": (sessionTimeout / 8).String(),
	})
}

func dialer(servers []string) *cluster.Client {
	return cluster.New(servers, wire.Config{ClientID: "faults", DialTimeout: dialTimeout, RequestTimeout: requestTimeout})
}

func (s *scenario) warn(msg string, err error) { sdk.Logger(s.log).Warn().Err(err).Msg(msg) }

// reader is a source without settings, whose connections a test can take away.
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
	r.consumer.Ack(consumer.Record{Topic: r.topic, Partition: p.Partition, LeaderEpoch: -1, Offset: p.Offset})
	return nil
}

func (r reader) Teardown(ctx context.Context) error { return r.consumer.Close(ctx) }
