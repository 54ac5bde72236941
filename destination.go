package kafka

import (
	"context"
	"fmt"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Destination writes records to Kafka topics.
type Destination struct {
	sdk.UnimplementedDestination

	config DestinationConfig
	// newProducer connects. It is a field for the tests' sake.
	newProducer func(ctx context.Context, c DestinationConfig, m *metrics) (Producer, error)

	producer Producer
	metrics  *metrics
	messages *batchMaker
}

// NewDestination returns a destination with the SDK's middleware around it.
func NewDestination() sdk.Destination {
	return sdk.DestinationWithMiddleware(&Destination{newProducer: newSyncProducer})
}

// String keeps the settings, some of which are secret, out of logs.
func (d *Destination) String() string { return "Kafka destination" }

// Config returns what Conduit fills the settings into.
func (d *Destination) Config() sdk.DestinationConfig { return &d.config }

// Open connects to the cluster.
func (d *Destination) Open(ctx context.Context) error {
	var err error
	if d.messages, err = newBatchMaker(&d.config); err != nil {
		return fmt.Errorf("open destination: %w", err)
	}
	d.metrics = openMetrics(ctx, d.config.Metrics, destinationSide)
	if d.producer, err = d.newProducer(ctx, d.config, d.metrics); err != nil {
		d.metrics.close()
		return fmt.Errorf("open destination: %w", err)
	}
	return nil
}

// Write writes records and returns how many from the front are durable. A record
// that can't be made into a message, or not be sent, ends the batch in front of
// it.
func (d *Destination) Write(ctx context.Context, records []opencdc.Record) (int, error) {
	batch, makeErr := d.messages.make(records)
	n, err := d.send(ctx, batch)
	d.messages.release(err == nil)
	if err != nil {
		d.metrics.failed(err)
		return n, fmt.Errorf("write: %w", err)
	}
	d.metrics.failed(makeErr)
	if makeErr != nil {
		return len(batch), fmt.Errorf("write: %w", makeErr)
	}
	return len(batch), nil
}

func (d *Destination) send(ctx context.Context, batch []message.Message) (int, error) {
	if len(batch) == 0 {
		return 0, nil
	}
	return d.producer.Send(ctx, batch)
}

// Teardown ends all connections. What Write has not returned as written is not
// written any more.
func (d *Destination) Teardown(context.Context) error {
	if d.producer == nil {
		return nil
	}
	err := d.producer.Close()
	d.producer = nil
	d.metrics.close()
	if err != nil {
		return fmt.Errorf("tear down destination: %w", err)
	}
	return nil
}
