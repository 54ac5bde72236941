package kafka

import (
	"context"
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// Producer writes messages synchronously. Its methods are called by one
// goroutine at a time.
type Producer interface {
	// Send writes a batch and returns how many messages from the front are
	// written as durably as the acks setting asks for, and the error of the first
	// one that is not (nil if all are). Messages behind that one may have been
	// written too. A message that can't be sent at all, such as one that is too
	// large, ends the batch: nothing behind it is written.
	//
	// Messages of a partition are written in the order of the batch and, with
	// acks all, once. After Send has returned, no request with any of its
	// messages is sent any more.
	Send(ctx context.Context, messages []message.Message) (int, error)

	// Close ends all connections.
	Close() error
}

type syncProducer struct {
	client *cluster.Client
	*produce.Producer
}

// newSyncProducer connects to the cluster.
func newSyncProducer(ctx context.Context, c DestinationConfig, m *metrics) (Producer, error) {
	acks, err := parseAcks(c.Acks)
	if err != nil {
		return nil, err
	}
	codec, err := parseCodec(c.Compression)
	if err != nil {
		return nil, err
	}
	client, err := c.connect(ctx, m)
	if err != nil {
		return nil, err
	}
	cfg := produce.Config{
		Acks:            acks,
		DeliveryTimeout: c.DeliveryTimeout,
		RequestTimeout:  c.RequestTimeout,
		Codec:           codec,
		BatchBytes:      c.BatchBytes,
		Warn:            warner(ctx),
	}
	m.ofProducer(&cfg)
	return syncProducer{client, produce.New(client, cfg)}, nil
}

// Close ends all connections.
func (p syncProducer) Close() error {
	p.client.Close()
	return nil
}

// acksValues are the spellings of the acks setting: Kafka's numbers and words.
var acksValues = map[string]produce.Acks{
	"all": produce.AcksAll, "-1": produce.AcksAll,
	"one": produce.AcksOne, "1": produce.AcksOne,
	"none": produce.AcksNone, "0": produce.AcksNone,
}

func parseAcks(s string) (produce.Acks, error) {
	acks, ok := acksValues[s]
	if !ok {
		return 0, settingError("acks", fmt.Sprintf("%q is not allowed: all (or -1), one (or 1), none (or 0)", s), "")
	}
	return acks, nil
}

func parseCodec(s string) (recordbatch.Codec, error) {
	codec, err := recordbatch.ParseCodec(s)
	if err != nil {
		return 0, settingError("compression", fmt.Sprintf("%q is not allowed: none, gzip, snappy, lz4 or zstd", s), "")
	}
	return codec, nil
}
