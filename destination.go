package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"

	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
)

// Destination writes records to Kafka topics. Its methods may be called from any
// goroutine, in any order and at the same time: the SDK's batcher calls Write from a
// timer, which may fire during Teardown or after it, and a panic there ends the host.
type Destination struct {
	sdk.UnimplementedDestination

	config DestinationConfig
	// newProducer connects. It is a field for the tests' sake.
	newProducer func(ctx context.Context, c DestinationConfig, m *metrics.Connector) (Producer, error)

	mu       sync.Mutex
	opening  context.CancelFunc // ends the Open that is running; nil if none is
	session  *writeSession      // from the end of Open on; nil before
	tornDown bool               // for good: what a late Write has belongs to an older session
}

// What calls that come too early or too late return.
var (
	errNotOpen     = errors.New("the destination is not open")
	errAlreadyOpen = errors.New("the destination is open already")
	errTornDown    = errors.New("the destination has been torn down")
)

// NewDestination returns a destination with the SDK's middleware around it.
func NewDestination() sdk.Destination {
	return sdk.DestinationWithMiddleware(&Destination{newProducer: newSyncProducer})
}

// String keeps the settings, some of which are secret, out of logs.
func (d *Destination) String() string { return "Kafka destination" }

// Config returns what Conduit fills the settings into.
func (d *Destination) Config() sdk.DestinationConfig { return &d.config }

// Open connects to the cluster. A destination can be opened once, unless that failed.
func (d *Destination) Open(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx) // connections keep it until Teardown
	if err := d.begin(cancel); err != nil {
		cancel()
		return fmt.Errorf("open destination: %w", err)
	}
	s, err := d.connect(ctx, cancel)
	if err = errors.Join(err, d.opened(ctx, s)); err != nil {
		cancel()
		return fmt.Errorf("open destination: %w", err)
	}
	return nil
}

// begin notes that Open is running, which cancel ends.
func (d *Destination) begin(cancel context.CancelFunc) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.tornDown:
		return errTornDown
	case d.opening != nil || d.session != nil:
		return errAlreadyOpen
	}
	d.opening = cancel
	return nil
}

func (d *Destination) connect(ctx context.Context, cancel context.CancelFunc) (*writeSession, error) {
	messages, err := d.config.newMessages(ctx)
	if err != nil {
		return nil, err
	}
	m := metrics.Open(ctx, d.config.Metrics, metrics.Destination)
	if err := m.Serve(d.config.MetricsAddress); err != nil {
		m.Close()
		return nil, err
	}
	producer, err := d.newProducer(ctx, d.config, m)
	if err != nil {
		m.Close()
		return nil, err
	}
	s := newWriteSession(producer, messages, m, cancel)
	if d.config.DeliveryTimeout > 0 {
		s.patience = d.config.OutageTimeout + d.config.DeliveryTimeout
	}
	return s, nil
}

// opened ends Open: with a session, unless that is nil or Teardown came meanwhile.
func (d *Destination) opened(ctx context.Context, s *writeSession) error {
	d.mu.Lock()
	d.opening = nil
	tornDown := d.tornDown
	if s != nil && !tornDown {
		d.session = s
	}
	d.mu.Unlock()
	if s == nil || !tornDown {
		return nil
	}
	return errors.Join(errTornDown, s.close(ctx))
}

// Write writes records and returns how many from the front are durable. A record
// that can't be made into a message, or not be sent, ends the batch before
// it. Writes that overlap are carried out one after the other. Before Open and after
// Teardown nothing is written.
func (d *Destination) Write(ctx context.Context, records []opencdc.Record) (int, error) {
	d.mu.Lock()
	s := d.session
	d.mu.Unlock()
	if s == nil {
		return 0, fmt.Errorf("write: %w", errNotOpen)
	}
	n, err := s.write(ctx, records)
	if err != nil {
		return n, fmt.Errorf("write: %w", err)
	}
	return n, nil
}

// Teardown ends all connections, and with them an Open or a Write that is running.
// What Write has not returned as written is not written any more. Without a
// successful Open before it there is nothing to do.
func (d *Destination) Teardown(ctx context.Context) error {
	d.mu.Lock()
	s := d.session
	if d.opening != nil {
		d.opening()
	}
	d.tornDown = d.tornDown || s != nil || d.opening != nil
	d.mu.Unlock()
	if s == nil {
		return nil
	}
	if err := s.close(ctx); err != nil {
		return fmt.Errorf("tear down destination: %w", err)
	}
	return nil
}
