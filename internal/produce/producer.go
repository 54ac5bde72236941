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
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
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
	// NoSequences writes without sequence numbers also with AcksAll: a retry may
	// then write a message twice.
	NoSequences bool
	MaxAttempts int           // to send a batch, and to ask for what that takes; 0: no limit
	Backoff     time.Duration // before the second retry, doubled for each further one; 0: 10ms

	Codec       recordbatch.Codec
	Level       int         // of compression, see recordbatch.ValidLevel
	BatchBytes  int         // of one record batch, uncompressed
	Partitioner Partitioner // for messages without a partition
	NewTopics   NewTopics   // what to do about missing topics

	// Dropped is told of each message that is too large, for BatchBytes or for the
	// broker, which then counts as written; nil: its *TooLargeError ends the batch.
	Dropped func(m *message.Message, err error)
	// Warn is told of trouble that the producer gets over by itself.
	Warn  func(msg string, err error)
	Hooks Hooks
}

// RecordError is the error of one message: it, and not the ones before it, is
// why Send stopped.
type RecordError struct {
	Index    int    // in the batch given to Send
	Position []byte // message.Message.Position
	Err      error
}

func (e *RecordError) Error() string {
	return fmt.Sprintf("record %d of the batch (position %q): %v", e.Index, e.Position, e.Err)
}
func (e *RecordError) Unwrap() error { return e.Err }

// Producer writes into one cluster. Send has one caller at a time; Close may be
// called at any time.
type Producer struct {
	client *cluster.Client
	cfg    Config
	open   context.Context // until Close
	close  context.CancelFunc

	partitioner *chooser
	missing     missing
	sequences   sequences
	throttle    throttle
	unsettled   *plan // of the last Send, if that failed

	mu      sync.Mutex
	writers []*recordbatch.Writer // free ones, for reuse of their buffers
}

// New returns a producer. It connects to nothing before Send.
func New(client *cluster.Client, cfg Config) *Producer {
	open, closeIt := context.WithCancel(context.Background())
	return &Producer{client: client, cfg: cfg, open: open, close: closeIt, partitioner: newChooser(cfg.Partitioner), missing: make(missing)}
}

// Close ends a Send that runs, whatever it waits for, and makes further ones fail, all
// with wire.ErrClosed. It leaves the client open.
func (p *Producer) Close() { p.close() }

// Send writes messages and returns how many from the front are durable (with
// acks below all: as durable as was asked for), and the error of the first that
// is not. Messages behind that one may have been written too.
//
// A message that can't be sent at all ends the batch in front of it: nothing
// behind it is written.
//
// A batch that begins with what the last Send left unwritten goes on where that
// one ended, and writes nothing twice. For that the keys and values of a Send that
// fails are kept, not copied, until the next one.
func (p *Producer) Send(ctx context.Context, messages []message.Message) (int, error) {
	if p.open.Err() != nil {
		return 0, wire.ErrClosed
	}
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

// idempotent tells whether batches are numbered, so that the broker takes each once.
func (p *Producer) idempotent() bool { return p.cfg.Acks == AcksAll && !p.cfg.NoSequences }

// errDeliveryTimeout is why the context of a Send ended, if no one else ended it.
var errDeliveryTimeout = errors.New("deliveryTimeout is over")

// deadline is the context of a Send, which ends with deliveryTimeout, with the
// caller's context, or with Close. context.Cause knows which.
func (p *Producer) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(p.open, func() { cancel(wire.ErrClosed) })
	done := func() { stop(); cancel(nil) }
	if p.cfg.DeliveryTimeout == 0 {
		return ctx, done
	}
	ctx, cancelTimeout := context.WithTimeoutCause(ctx, p.cfg.DeliveryTimeout, errDeliveryTimeout)
	return ctx, func() { cancelTimeout(); done() }
}

// write sends the plan, again and again for what fails in passing.
func (p *Producer) write(ctx context.Context, pl *plan) error {
	retry := p.attempts()
	var last error
	for !pl.done() {
		if p.idempotent() {
			if err := p.sequences.prepare(ctx, p.client, p.attempts(), p.cfg.Warn); err != nil {
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
		if last != nil && errors.Is(cause, context.DeadlineExceeded) {
			cause = last // on which the time was spent
		}
		last = cause
		if !retry.wait(ctx) {
			return p.explain(ctx, retry.explain(cause))
		}
		p.cfg.Warn("writing interrupted, trying again", cause)
		if _, err := p.client.Refresh(ctx, pl.unsettledTopics(), false); err != nil && cluster.Hopeless(err) {
			return err
		}
	}
	return nil
}

// explain says why a Send ended before it was done, and on what its time was spent.
func (p *Producer) explain(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	switch {
	case err == nil, cause == nil, errors.Is(err, cause):
		return err
	case errors.Is(cause, errDeliveryTimeout):
		return fmt.Errorf("write within deliveryTimeout (%s; raise it to outlast longer outages): %w", p.cfg.DeliveryTimeout, err)
	}
	return fmt.Errorf("%w: %w", cause, err)
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
