package exactlyonce

import (
	"context"
	"math"
	"sync"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/transact"
)

// After the coordinator has decided to commit a transaction, its end is still to be written
// to each partition, and until then nothing begins under the same transactional ID. So two
// are used in turn. What is decided stays: the next transaction begins under the other one
// at once, and what it writes comes after it in each partition. Nothing is written under
// one while a transaction under the other one is undecided.
//
// Both belong to one process at a time, though they are fenced one after the other. Open
// fences the first one, then the alternate one, and then reads the progress; and the first
// transaction after Open is under the first one. So whoever writes under the alternate one
// had the first one after its Open, and whoever takes the first one from it reads the
// progress after the alternate one is fenced, too. Of two processes that open at the same
// time and get one ID each, the one that lacks the first finds that out at once, and the
// other in its second transaction.

// lane is a transactional ID with what writes in its transactions.
type lane struct {
	*transact.Session
	client   *cluster.Client
	producer *produce.Producer
	warn     func(msg string, err error)

	// astray says that a transaction may be open, or that its outcome is not known.
	astray bool
	// late says that a broker may still get something of a transaction that is over.
	late  bool
	to    map[message.TopicPartition]bool // what the last transaction was to write to
	ahead *ahead                          // nil: none
	// added is called once with the first partitions of a transaction; nil: it was.
	added func([]message.TopicPartition)

	progress string // the topic of progress
	mu       sync.Mutex
	at       int64 // where its log has the first of the last transaction; negative: unknown
}

// nowhere is behind all progress.
const nowhere int64 = math.MaxInt64

// TransactionalIDs are those that a process uses, of the one that it was given.
func TransactionalIDs(id string) []string { return []string{id, id + ".alternate"} }

// newLane returns the lane of one of the transactional IDs of a process.
func newLane(client *cluster.Client, cfg Config, id string) *lane {
	session := transact.New(client, transact.Config{
		ID: id, All: TransactionalIDs(cfg.TransactionalID), Timeout: cfg.TransactionTimeout,
		RequestTimeout: cfg.Produce.RequestTimeout, Warn: cfg.Produce.Warn, Hooks: cfg.Hooks,
	})
	l := &lane{Session: session, client: client, warn: cfg.Produce.Warn, to: make(map[message.TopicPartition]bool), progress: cfg.Topic}
	cfg.Produce.Transactions, cfg.Produce.NewTopics.Except = l, cfg.Topic
	l.producer = produce.New(client, cfg.Produce)
	return l
}

// Add is for the producer.
func (l *lane) Add(ctx context.Context, partitions []message.TopicPartition) error {
	if err := l.Session.Add(ctx, partitions); err != nil {
		return err
	}
	for _, p := range partitions {
		l.to[p] = true
	}
	if l.added != nil {
		l.added(partitions)
		l.added = nil
	}
	return nil
}

// prepare is called before anything is sent.
func (l *lane) prepare() {
	clear(l.to)
	l.mu.Lock()
	l.at = nowhere
	l.mu.Unlock()
}

// Wrote is for the producer.
func (l *lane) Wrote(p message.TopicPartition, offset int64) {
	if p.Topic != l.progress {
		return
	}
	l.mu.Lock()
	l.at = min(l.at, offset)
	l.mu.Unlock()
}

// progressAt is the offset of the first progress in the last transaction. It returns false
// where the broker did not say it.
func (l *lane) progressAt() (int64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at, l.at >= 0 && l.at != nowhere
}

// settled reports whether nothing is open and all outcomes are known. What was begun ahead
// is looked at when it is needed.
func (l *lane) settled() bool { return l.ahead != nil || !l.astray && !l.Unclear() }

// end aborts a transaction that may be open. If none is, that still shows whether another
// process has the transactional ID by now, and ends what a request has begun that came late.
func (l *lane) end(ctx context.Context) error {
	if l.astray {
		return l.Abort(ctx)
	}
	return l.Drop(ctx)
}

// fence gets a new epoch, so that nothing of earlier transactions is under way any more.
func (l *lane) fence(ctx context.Context) error {
	if err := l.Begin(ctx); err != nil {
		return err
	}
	l.producer.Continue(l.Producer())
	return l.shut(ctx)
}
