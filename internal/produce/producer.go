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
	throttle    throttle
	unsettled   *plan // of the last Send, if that failed

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
//
// A batch that begins with what the last Send left unwritten goes on where that
// one ended, and writes nothing twice. For that the messages of a Send that fails
// are kept, not copied, until the next one.
func (p *Producer) Send(ctx context.Context, messages []message.Message) (int, error) {
	ctx, cancel := p.deadline(ctx)
	defer cancel()

	before := 0
	if old := p.resume(messages); old != nil {
		if n, err := p.finish(ctx, old); err != nil {
			return n, err
		}
		before = len(old.messages) - old.from
	}
	plan, planErr := p.plan(ctx, messages[before:])
	n, err := p.finish(ctx, plan)
	if err == nil {
		err = planErr
	}
	return before + n, shifted(err, before)
}

// finish writes what is left of a plan, and returns how many of its messages,
// from where it began, are durable.
func (p *Producer) finish(ctx context.Context, pl *plan) (int, error) {
	from := pl.from
	if err := p.write(ctx, pl); err != nil {
		p.keep(pl)
		return pl.written() - from, shifted(err, -from)
	}
	return len(pl.messages) - from, nil
}

// shifted is the error of a part of a batch as that of the whole, in which the part
// begins at by.
func shifted(err error, by int) error {
	if r := (*RecordError)(nil); errors.As(err, &r) {
		r.Index += by
	}
	return err
}

// numbered tells whether batches carry sequence numbers.
func (p *Producer) numbered() bool { return p.cfg.Acks == AcksAll }

func (p *Producer) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.cfg.DeliveryTimeout > 0 {
		return context.WithTimeout(ctx, p.cfg.DeliveryTimeout)
	}
	return context.WithCancel(ctx)
}

// write sends the plan, again and again for what fails in passing.
func (p *Producer) write(ctx context.Context, pl *plan) error {
	retry := cluster.NewRetry(10*time.Millisecond, time.Second)
	for first := true; !pl.done(); first = false {
		if p.numbered() {
			if err := p.sequences.prepare(ctx, p.client, p.cfg.Warn); err != nil {
				return p.explain(ctx, err)
			}
		}
		p.writeOnce(ctx, pl)
		if pl.done() {
			break
		}
		at, cause := pl.failed()
		if at == pl.limit() {
			return p.explain(ctx, cause)
		}
		// The first retry is immediate: most often a leader has moved.
		if ctx.Err() != nil || !first && !retry.Wait(ctx) {
			return p.explain(ctx, cause)
		}
		p.cfg.Warn("writing interrupted, trying again", cause)
		if _, err := p.client.Refresh(ctx, pl.unsettledTopics(), false); err != nil && cluster.Hopeless(err) {
			return err
		}
	}
	return nil
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
