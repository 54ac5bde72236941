package produce

import (
	"context"
	"errors"
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
	// OutageTimeout is how long an outage may last on top of that, without anything
	// being written: see clock.go.
	OutageTimeout  time.Duration
	RequestTimeout time.Duration
	// NoSequences writes without sequence numbers also with AcksAll: a retry may
	// then write a message twice.
	NoSequences bool
	MaxAttempts int           // to send one batch, and to ask for what that takes; 0: no limit
	Backoff     time.Duration // before the second retry, doubled for each further one; 0: 10ms

	Codec      recordbatch.Codec
	Level      int // of compression, see recordbatch.ValidLevel
	BatchBytes int // of one record batch, uncompressed
	// MaxRequestBytes bounds a request with all its batches; 0: [MaxRequestBytes].
	MaxRequestBytes int
	Partitioner     Partitioner  // for messages without a partition
	NewTopics       NewTopics    // what to do about missing topics
	Transactions    Transactions // nil: none

	// Dropped is called with each message that is too large, for BatchBytes or for the
	// broker, which then counts as written; nil: its *TooLargeError ends the batch.
	Dropped func(m *message.Message, err error)
	// Warn is called with trouble from which the producer recovers by itself.
	Warn  func(msg string, err error)
	Hooks Hooks
}

// RecordError is the error of the message at which Send stopped. Its index is that in
// the batch given to Send.
type RecordError = message.RecordError

// Producer writes into one cluster. Send has one caller at a time; Close may be
// called at any time.
type Producer struct {
	client *cluster.Client
	cfg    Config
	open   context.Context // until Close
	close  context.CancelFunc

	partitioner *chooser
	missing     vain[lack]
	denied      vain[right]
	sequences   sequences
	throttle    throttle
	silences    silences
	clock       *clock // of the Send that runs
	limits      limits
	flights     flights
	posted      posted
	writers     writers
	renewal     renewal
	unsettled   *plan // of the last Send, if that failed
	doubtful    bool  // see Doubtful

	// Fields for the tests' sake.
	maxAge   time.Duration // metadataMaxAge
	patience time.Duration // repetition
}

// New returns a producer. It connects to nothing before Send.
func New(client *cluster.Client, cfg Config) *Producer {
	open, end := context.WithCancel(context.Background())
	p := &Producer{
		client: client, cfg: cfg, open: open, close: end,
		partitioner: newChooser(cfg.Partitioner),
		maxAge:      metadataMaxAge, patience: repetition,
	}
	p.writers.transactional, p.writers.numbered = cfg.Transactions != nil, p.idempotent()
	p.writers.referring = cfg.Codec == recordbatch.None
	return p
}

// Close ends a Send that runs, whatever it waits for, and makes further ones fail, all
// with wire.ErrClosed. It leaves the client open.
func (p *Producer) Close() {
	p.close()
	p.renewal.wait()
}

// Send writes messages and returns how many from the front are durable (with
// acks below all: as durable as was asked for), and the error of the first that
// is not. Messages after that one may have been written too.
//
// A message that can't be sent at all ends the batch before it: nothing after it is
// written. So does, for as long as it lasts, a topic that is missing: what comes
// before its first message is written before it is waited for.
//
// A batch that begins with some of what the last Send left unwritten goes on where that
// one ended, and writes nothing twice. For that the keys and values of a Send that
// fails are kept, not copied, until one begins otherwise, or all of them are written.
func (p *Producer) Send(ctx context.Context, messages []message.Message) (int, error) {
	if p.open.Err() != nil {
		return 0, wire.ErrClosed
	}
	ctx, cancel := p.deadline(ctx)
	defer cancel()
	defer p.writers.shrink()
	p.doubtful = false
	p.partitioner.begin()
	search := &search{producer: p}

	done := 0
	if old := p.resume(messages); old != nil {
		n, err := p.finish(ctx, search, old)
		if err != nil {
			return n, err
		}
		done = n
	}
	for {
		plan, planErr := p.plan(messages[done:])
		p.renewal.begin(p.open, p.client)
		n, err := p.finish(ctx, search, plan)
		if err == nil {
			err = planErr
		}
		if err != nil {
			return done + n, shifted(err, done)
		}
		if done += n; done == len(messages) {
			return done, nil
		}
		if err := search.find(ctx, messages[done:]); err != nil {
			return done, &RecordError{Index: done, Position: messages[done].Position, Err: p.explain(ctx, err)}
		}
	}
}

// finish writes what is left of a plan, and returns how many of its messages,
// from where it began, are durable.
func (p *Producer) finish(ctx context.Context, search *search, pl *plan) (int, error) {
	from, until := pl.from, pl.until
	err := p.write(ctx, search, pl)
	if err == nil {
		p.mayWrite(pl)
		if until < len(pl.messages) {
			p.keep(pl)
		}
		return pl.wanted(from, until), nil
	}
	if r := (*RecordError)(nil); errors.As(err, &r) {
		r.Index = pl.wanted(from, r.Index)
	}
	n := pl.wanted(from, pl.told())
	p.keep(pl)
	return n, err
}

// shifted is the error of a part of a batch as that of the whole, in which the part
// begins at by.
func shifted(err error, by int) error {
	if r := (*RecordError)(nil); errors.As(err, &r) {
		r.Index += by
	}
	return err
}

// idempotent reports whether batches are numbered, so that the broker takes each once.
func (p *Producer) idempotent() bool { return p.cfg.Acks == AcksAll && !p.cfg.NoSequences }
