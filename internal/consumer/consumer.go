// Package consumer puts group membership, fetching and the bookkeeping of
// acknowledgements together into one member that reads and commits.
package consumer

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/offsets"
)

// Config is how to consume. Group.Warn and Info are used for everything.
type Config struct {
	Group group.Config
	Fetch fetch.Config // Reset, Warn and MetadataInterval are set here

	FromBeginning  bool          // where the group has committed nothing
	StartAt        StartAt       // likewise
	Reset          ResetPolicy   // where the offset to go on from is not in the log
	CommitSize     int           // acknowledged records that cause a commit
	CommitInterval time.Duration // 0: none by time
	MaxUncommitted int           // unacknowledged records above which Next waits
	BatchSize      int           // records that are collected before any is handed on; 0: unknown
	Resume         *Resume
	// Others are the last records of other partitions that are known to be acknowledged
	// with that of Resume.
	Others []Resume
	// Present are the topics that existed when the consumer was started; nil: all.
	// Others are read from their first record.
	Present map[string]bool
	// Reads says what is read in the words of the settings: a group that reads
	// something else than before was told to.
	Reads   string
	started time.Time // by FindEnds, or else now; also for tests
	ends    ends      // by FindEnds, nil without it
	brevity brevity   // by FindEnds, of the notes
	// Info is called with what is worth knowing and no trouble.
	Info func(msg string)
	// ProgressInterval is how often Progress is brought up to date where fetching
	// stands still. 0: not at all.
	ProgressInterval time.Duration
	Hooks            Hooks
}

func (c Config) isMissing(topic string) bool { return c.Present != nil && !c.Present[topic] }

// Consumer is one member of a group at work.
type Consumer struct {
	cfg     Config
	client  *cluster.Client
	member  group.Membership
	fetcher *fetch.Fetcher
	tracker *offsets.Tracker
	topics  groupTopics

	life context.Context // ends with Close or a fatal error, which is its cause
	end  context.CancelCauseFunc
	wg   sync.WaitGroup // member and committer

	// Of the member's goroutine, and of the one that starts partitions while that
	// one runs.
	starting   group.Partitions // assigned and not started yet
	stopStart  context.CancelFunc
	startDone  <-chan struct{}
	reached    map[message.TopicPartition]reached // what is known of partitions that are not being read
	begun      bool                               // a partition has been started
	lookedBack bool                               // forgotten is decided
	forgotten  bool                               // the group has lost the offsets that it had before this start

	hard       context.Context // ends when Close's time is up
	giveUp     context.CancelFunc
	closing    atomic.Bool
	closed     chan struct{} // closed at the end of Close
	acked      atomic.Int64  // since the last commit
	commitNow  chan struct{}
	committing chan struct{}        // full while a commit is made: one at a time, so that none overtakes another
	gone       map[string]time.Time // topics that were found not to exist, and when; of whoever commits
	commitErr  error                // of the last commit at a revocation; of the member's goroutine
}

// ErrClosed is the error of Next after Close.
var ErrClosed = errors.New("the consumer is closed")

// Open starts a consumer. It owns the client from then on.
func Open(client *cluster.Client, cfg Config) *Consumer {
	c := &Consumer{
		cfg: cfg, client: client, tracker: offsets.NewTracker(), starting: group.Partitions{}, reached: reachedBefore(&cfg),
		closed: make(chan struct{}), commitNow: make(chan struct{}, 1), committing: make(chan struct{}, 1), gone: make(map[string]time.Time),
	}
	if c.cfg.started.IsZero() {
		c.cfg.started = time.Now()
	}
	c.topics.history, c.topics.brevity = newHistory(c.cfg), c.cfg.brevity
	c.life, c.end = context.WithCancelCause(context.Background())
	c.hard, c.giveUp = context.WithCancel(context.Background())
	fc := cfg.Fetch
	fc.Reset, fc.Warn, fc.MetadataInterval = c.reset, cfg.Group.Warn, cfg.Group.MetadataInterval
	c.fetcher = fetch.New(client, fc)
	gc := cfg.Group
	gc.Info = cfg.Info
	c.member = group.New(client, gc, c)
	c.wg.Add(2)
	go c.runMember()
	go c.runCommitter()
	if cfg.ProgressInterval > 0 {
		c.wg.Add(1)
		go c.watchProgress()
	}
	return c
}

func (c *Consumer) runMember() {
	defer c.wg.Done()
	defer c.stopStarting()
	if err := c.member.Run(c.life); err != nil {
		c.end(err)
	}
}

// Record identifies a record that Next returned.
type Record = offsets.Record

// Ack acknowledges one record. After Close nothing happens.
func (c *Consumer) Ack(r Record) {
	c.tracker.Ack(r)
	if c.acked.Add(1) >= int64(c.cfg.CommitSize) {
		c.requestCommit()
	}
}

// MemberID is the ID of the group's member that this is; "" if none has to be kept.
func (c *Consumer) MemberID() string { return c.member.MemberID() }

// Committed returns the offset that is committed for a partition, -1 if none is; false if
// this consumer does not read it.
func (c *Consumer) Committed(topic string, partition int32) (offset int64, held bool) {
	_, offset, held = c.tracker.Progress(topic, partition)
	return offset, held
}

// forcedCommit is how long a commit may still take once the context of Close has ended:
// what was acknowledged is not read again for the sake of a moment.
const forcedCommit = time.Second

// Close commits, leaves the group and ends everything, Next too. A second call waits
// for the first, until ctx ends.
func (c *Consumer) Close(ctx context.Context) error {
	if c.closing.Swap(true) {
		select {
		case <-c.closed:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer close(c.closed)
	defer c.giveUp()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(forcedCommit, c.giveUp) })()
	c.end(ErrClosed)
	c.wg.Wait()
	c.fetcher.Close()
	c.client.Close()
	if c.commitErr != nil {
		return errors.Join(errors.New("records that were acknowledged last will be read again"), c.commitErr)
	}
	return nil
}
