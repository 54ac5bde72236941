package fetch

import (
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

type key struct {
	topic string
	id    int32
}

const (
	noLeader int32 = -1

	minRetry = 20 * time.Millisecond
	maxRetry = time.Second

	// maxMisses is how many fetches in a row, some seconds of them, are in vain
	// before it counts as trouble.
	maxMisses = 10
)

// partition is one assignment of a partition to the Fetcher. All fields behind
// key are guarded by the Fetcher's lock. After Remove it is never used again: a
// partition that comes back is a new one.
type partition struct {
	key
	assignment int64
	offset     int64 // next to fetch
	behind     int32 // leader epoch of the last batch before offset; -1 unknown
	topicID    cluster.TopicID
	epoch      int32 // leader epoch that metadata gave; -1 unknown
	checked    int32 // the leader epoch in which offset was found to fit the log; -1 none
	leader     int32 // node that its loop fetches it from; noLeader until routed
	near       nearReplica
	pending    int // fetched sets that are not decoded yet
	queued     int // decoded batches that Next hasn't taken yet
	lineage    int // counts rewinds: what was fetched before one is not decoded
	lost       Reason
	agreed     int64 // Diverged: up to here the log is what was read
	asking     bool  // a goroutine finds out how to go on
	removed    bool
	maxBytes   int32 // partition limit of a fetch, raised when one batch doesn't fit
	corrupt    int   // batches in a row that could not be decoded
	misses     int   // fetches in a row that found no leader
	retryAt    time.Time

	watermark int64     // high watermark in the last answer
	seenAt    time.Time // when that was; zero before the first
}

// lose notes that the partition can't be read on from its offset.
func (p *partition) lose(why Reason) {
	p.lost = why
	p.leader, p.near.node = noLeader, noLeader
}

// orphan gives a partition back to the router: at once for the first time, so
// that a moved leader is followed without delay, then ever later.
func (p *partition) orphan() {
	p.leader = noLeader
	p.retryAt = time.Now()
	if p.misses > 0 {
		p.retryAt = p.retryAt.Add(min(minRetry<<min(p.misses-1, 10), maxRetry))
	}
	p.misses++
}

func (p *partition) fetchError(err error) error {
	return fmt.Errorf("fetch %s/%d at offset %d: %w", p.topic, p.id, p.offset, err)
}

// fetched is the raw record set of one partition on its way to the decoder.
type fetched struct {
	p       *partition
	lineage int
	topicID cluster.TopicID
	from    int64
	set     []byte
	aborted []recordbatch.AbortedTransaction
}

// Start is where to begin to read a partition.
type Start struct {
	Topic     string
	TopicID   cluster.TopicID // of the topic that has the offset; zero unknown
	Partition int32
	Offset    int64
	// LeaderEpoch is that of the record in front of Offset, -1 if unknown. With it
	// the start is checked against the leader's log.
	LeaderEpoch int32
	// Assignment is the caller's own number for this assignment of the partition.
	// Each batch that is read for it, and each Lost, carries it back: one of an
	// assignment that has ended can be told from one of the next.
	Assignment int64
}

// Reason says why a partition can't be read on from its offset.
type Reason int8

// The reasons; zero is none.
const (
	OutOfRange Reason = iota + 1 // the offset is not in the log
	Diverged                     // the log has other records where some were read (an unclean election)
	Recreated                    // the topic was deleted and made again
)

// Lost is a partition that can't be read on from its offset.
type Lost struct {
	Topic     string
	Partition int32
	Offset    int64 // where it wanted to go on
	Why       Reason
	Agreed    int64 // Diverged: up to here the log is what was read
	// Insisted reports, for OutOfRange, that the leader has refused the offset for
	// some seconds, though Reset found it in the log each time and said so: it is not
	// to be had, and the policy for offsets out of range applies.
	Insisted   bool
	TopicID    cluster.TopicID // of the topic as it is now, zero unknown
	Assignment int64           // of the Start
}

// Found is Config.Reset's answer to a Lost. It counts if the partition is what it was
// when it was asked for: still assigned, of the same topic, and not asked for again
// because its leader changed.
type Found struct {
	Lost
	To int64 // offset to go on at
	// Apply is called if the answer counts, before anything is read from To. The
	// Fetcher's lock is held: Apply must be quick and must not use the Fetcher. nil:
	// nothing.
	Apply func()
	Err   error // retriable ones (cluster.Retriable) let it be asked again, others are final
}
