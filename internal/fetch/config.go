package fetch

import (
	"context"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// Config is how to fetch.
type Config struct {
	ReadCommitted     bool
	MinBytes          int32         // the broker waits for this much
	MaxWait           time.Duration // but no longer than this
	MaxBytes          int32         // of one response
	MaxPartitionBytes int32         // of one partition in a response
	Rack              string        // where this client is: leaders may name a replica there to read from
	MaxBuffered       int           // bytes decoded ahead of Next; fetching pauses above
	// MetadataInterval is how often to check whether a topic was deleted and recreated.
	MetadataInterval time.Duration
	// Reset finds new offsets for partitions that can't be read on from their own,
	// once Next has returned all that was read of each before and its caller has
	// settled it. It calls found once for each of lost, from any goroutine, as soon as it knows,
	// and returns after the last. found reports whether the answer counted: see Found.
	Reset func(ctx context.Context, lost []Lost, found func(Found) bool)
	// Warn is called with trouble that the fetcher recovers from by itself.
	Warn  func(msg string, err error)
	Hooks Hooks
}

// Start is where to begin to read a partition.
type Start struct {
	Topic     string
	TopicID   cluster.TopicID // of the topic that has the offset; zero unknown
	Partition int32
	Offset    int64
	// LeaderEpoch is that of the record before Offset, -1 if unknown. With it the
	// start is checked against the leader's log.
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
	// some seconds, though Reset found it in the log each time and said so: it can't be
	// read, and the policy for offsets out of range applies.
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
	Err   error // passing ones (see Retriable) let it be asked again, others are final
}
