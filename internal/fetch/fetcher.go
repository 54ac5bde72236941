package fetch

import (
	"context"
	"sync"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Fetcher reads partitions ahead of Next. It is safe for concurrent use, apart
// from Next, which has one caller.
type Fetcher struct {
	client *cluster.Client
	cfg    Config

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu         sync.Mutex
	parts      map[message.TopicPartition]*partition
	denied     int                     // those of them that may not be read, as the last answer said
	served     bool                    // one could be read, at some time
	unassigned map[*partition]struct{} // those that no loop has: the router finds out how to go on
	brokers    map[int32]*broker
	added      time.Time // when a partition was added last
	err        error
	route      chan struct{} // wakes the router

	ready    []decoded
	handed   []*partition  // of the batches that Next returned last
	buffered int           // bytes in ready
	taken    int64         // bytes that Next has returned
	waits    bool          // Next waits
	filled   chan struct{} // wakes Next
	crowded  bool          // a decoder waits for room
	room     chan struct{} // closed and replaced when there may be room again
}

// New starts a fetcher that reads nothing yet.
func New(client *cluster.Client, cfg Config) *Fetcher {
	f := newFetcher(client, cfg)
	f.wg.Add(1)
	go f.router()
	return f
}

// newFetcher is New without the router.
func newFetcher(client *cluster.Client, cfg Config) *Fetcher {
	f := &Fetcher{
		client:     client,
		cfg:        cfg,
		parts:      make(map[message.TopicPartition]*partition),
		unassigned: make(map[*partition]struct{}),
		brokers:    make(map[int32]*broker),
		route:      make(chan struct{}, 1),
		filled:     make(chan struct{}, 1),
		room:       make(chan struct{}),
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f
}

// Close stops reading and waits for all goroutines.
func (f *Fetcher) Close() {
	f.cancel()
	f.wg.Wait()
}

// Add begins to read partitions. One that is being read is started again.
func (f *Fetcher) Add(starts []Start) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.added = time.Now()
	for _, s := range starts {
		k := message.TopicPartition{Topic: s.Topic, Partition: s.Partition}
		f.remove(k)
		p := &partition{
			TopicPartition: k, assignment: s.Assignment,
			question: question{topicID: s.TopicID, offset: s.Offset, lastEpoch: s.LeaderEpoch, epoch: -1},
			checked:  -1, near: nearReplica{node: noLeader}, maxBytes: f.cfg.MaxPartitionBytes,
		}
		f.parts[k] = p
		f.free(p)
	}
}

// Remove stops reading a partition. Once it returns, Next returns no more of it.
func (f *Fetcher) Remove(topic string, id int32) {
	f.mu.Lock()
	f.remove(message.TopicPartition{Topic: topic, Partition: id})
	f.mu.Unlock()
}

// Len is the number of partitions being read.
func (f *Fetcher) Len() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.parts)
}

// fail makes err the answer of Next once what is decoded has been taken. The first error
// counts. The lock is held.
func (f *Fetcher) fail(err error) {
	if f.err == nil && f.ctx.Err() == nil {
		f.err = err
		wake(f.filled)
	}
}

func (f *Fetcher) wakeRouter() { wake(f.route) }

// wake lets one who waits for a channel with room for one go on, now or when it comes
// to wait.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
