package produce

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// Acks is how many replicas must have a batch before it counts as written.
type Acks int16

// The values that Kafka knows.
const (
	AcksNone Acks = 0  // not even the leader answers
	AcksOne  Acks = 1  // the leader
	AcksAll  Acks = -1 // all replicas in sync
)

// Config is how to write.
type Config struct {
	Acks            Acks
	DeliveryTimeout time.Duration // of one Send, retries included; 0: as long as its context
	RequestTimeout  time.Duration
	Codec           recordbatch.Codec
	BatchBytes      int // of one record batch, uncompressed
	// Warn is told of trouble that the producer gets over by itself.
	Warn func(msg string, err error)
}

// RecordError is the error of one message: it, and not the ones before it, is
// why Send stopped.
type RecordError struct {
	Index int // in the batch given to Send
	Err   error
}

func (e *RecordError) Error() string {
	return fmt.Sprintf("record %d of the batch: %v", e.Index, e.Err)
}
func (e *RecordError) Unwrap() error { return e.Err }

// TooLargeError says that a record can't be sent under the size limit.
type TooLargeError struct {
	Topic       string
	Size, Limit int // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the record takes %d bytes as a batch of its own, over batchBytes (%d); raise batchBytes, and max.message.bytes of topic %q with it",
		e.Size, e.Limit, e.Topic)
}

// Producer writes into one cluster. Send has one caller at a time.
type Producer struct {
	client *cluster.Client
	cfg    Config

	partitioner partitioner
	sequences   sequences

	mu      sync.Mutex
	writers []*recordbatch.Writer // free ones, for reuse of their buffers
}

// New returns a producer. It connects to nothing before Send.
func New(client *cluster.Client, cfg Config) *Producer {
	return &Producer{client: client, cfg: cfg, partitioner: newPartitioner()}
}

// Send writes messages and returns how many from the front are durable (with
// acks below all: as durable as was asked for), and the error of the first that
// is not. Messages behind that one may have been written too.
//
// A message that can't be sent at all ends the batch in front of it: nothing
// behind it is written.
func (p *Producer) Send(ctx context.Context, messages []message.Message) (int, error) {
	ctx, cancel := p.deadline(ctx)
	defer cancel()

	plan, planErr := p.plan(ctx, messages)
	defer plan.release()
	if plan.len() == 0 {
		return 0, planErr
	}
	if err := p.write(ctx, plan); err != nil {
		return plan.written(), err
	}
	return plan.len(), planErr
}

func (p *Producer) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.cfg.DeliveryTimeout > 0 {
		return context.WithTimeout(ctx, p.cfg.DeliveryTimeout)
	}
	return context.WithCancel(ctx)
}

// write sends the plan, again and again for what fails in passing.
func (p *Producer) write(ctx context.Context, pl *plan) error {
	defer p.sequences.settle(pl)
	retry := cluster.NewRetry(10*time.Millisecond, time.Second)
	for first := true; ; first = false {
		if p.cfg.Acks == AcksAll {
			if err := p.sequences.prepare(ctx, p.client, p.cfg.Warn); err != nil {
				return p.explain(ctx, err)
			}
		}
		p.writeOnce(ctx, pl)
		if err := pl.fatal(); err != nil || pl.done() {
			return p.explain(ctx, err)
		}
		cause := pl.cause()
		// The first retry is immediate: most often a leader has moved.
		if ctx.Err() != nil || !first && !retry.Wait(ctx) {
			return p.explain(ctx, cause)
		}
		p.cfg.Warn("writing interrupted, trying again", cause)
		if _, err := p.client.Refresh(ctx, pl.unsettledTopics(), false); err != nil && cluster.Hopeless(err) {
			return err
		}
	}
}

// explain says that time ran out, and on what.
func (p *Producer) explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("write within deliveryTimeout (%s): %w", p.cfg.DeliveryTimeout, err)
	}
	return fmt.Errorf("%w: %w", ctx.Err(), err)
}

func (p *Producer) writer() *recordbatch.Writer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.writers); n > 0 {
		w := p.writers[n-1]
		p.writers = p.writers[:n-1]
		return w
	}
	return recordbatch.NewWriter()
}

func (p *Producer) free(w *recordbatch.Writer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writers = append(p.writers, w)
}
