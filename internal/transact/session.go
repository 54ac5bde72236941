package transact

import (
	"sync"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Config is how to run transactions.
type Config struct {
	ID string // the transactional ID
	// All are the transactional IDs of the process, which an error about a missing right
	// names.
	All []string
	// Timeout is how long a transaction may be open before the coordinator aborts it. It
	// must not be longer than transaction.max.timeout.ms of the brokers.
	Timeout time.Duration
	// RequestTimeout bounds the wait for each answer.
	RequestTimeout time.Duration
	// Warn is called with trouble from which the session recovers by itself.
	Warn  func(msg string, err error)
	Hooks Hooks
}

// Hooks are called with what is worth counting. They must be quick; nil ones are left out.
type Hooks struct {
	Committed func()
	Aborted   func()
	Fenced    func() // once, when it shows that another producer has the transactional ID
}

func call(hook func()) {
	if hook != nil {
		hook()
	}
}

// Session is the use of a transactional ID. Its methods have one caller at a time, but for
// Add, ID and Producer.
type Session struct {
	client *cluster.Client
	cfg    Config

	mu     sync.Mutex
	node   int32 // the coordinator; -1: to be asked for
	id     int64 // the producer ID; -1: none yet
	epoch  int16
	fenced error // for good

	adding sync.Mutex // held while partitions are added: brokers get one request at a time
	added  map[message.TopicPartition]bool
	// unclear says that a request had no answer. A copy of it may still reach the
	// coordinator, which must not take it for one of the next transaction.
	unclear bool
}

// New returns a session. It asks nothing before Begin.
func New(client *cluster.Client, cfg Config) *Session {
	return &Session{client: client, cfg: cfg, node: -1, id: -1, epoch: -1, added: make(map[message.TopicPartition]bool)}
}

// ID is the transactional ID.
func (s *Session) ID() string { return s.cfg.ID }

// Producer is the producer ID and the epoch under which batches are numbered since Begin.
func (s *Session) Producer() (id int64, epoch int16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id, s.epoch
}

// Unclear reports whether a request had no answer since Begin, which is then to be called
// before the next transaction.
func (s *Session) Unclear() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unclear
}
