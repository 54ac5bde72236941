package fetch

import (
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

const noLeader int32 = -1

// partition is one assignment of a partition to the Fetcher. All fields after
// assignment are guarded by the Fetcher's lock. After Remove it is never used again:
// a partition that comes back is a new one.
type partition struct {
	message.TopicPartition
	assignment int64
	question
	identified bool  // metadata has the topic's ID, and so brokers know it by that
	checked    int32 // the leader epoch in which offset was found to fit the log; -1 none
	near       nearReplica
	pending    int // fetched sets that are not decoded yet
	queued     int // decoded batches that wait for Next, or for its caller to settle
	lost       Reason
	agreed     int64     // Diverged: up to here the log is what was read
	maxBytes   int32     // partition limit of a fetch, raised when one batch doesn't fit
	misses     int       // attempts in a row that brought nothing
	denied     bool      // the login may not read it, as the last answer said
	retryAt    time.Time // when the router is to find out how to go on
	refused    streak    // of one error code by the leader
	broken     streak    // of failures to decode one batch
	older      int       // times in a row that metadata was older than what was read

	watermark int64     // high watermark in the last answer
	seenAt    time.Time // when that was; zero before the first
}

// question is what is asked about a partition, or would be now. An answer belongs to
// the question that was asked: when it comes it counts only if the partition's
// question is still the same. If the partition was given up, rewound, sent to another
// offset, leader or replica, or if its topic was made again, the answer says nothing
// about it, whatever it says.
type question struct {
	state     state
	node      int32 // broker that is asked, noLeader while routing
	replica   bool  // it is asked as a replica that the leader named
	epoch     int32 // leader epoch that metadata gave; -1 unknown
	topicID   cluster.TopicID
	offset    int64 // next to fetch
	lastEpoch int32 // leader epoch of the last batch before offset; -1 unknown
	rewinds   int   // counts rewinds and resets: what was fetched before one is not decoded
}

// state is what goes on with a partition.
type state int8

const (
	routing   state = iota // the router is to find out how to go on
	fetching               // its broker's loop has it
	checking               // its leader is asked whether the log has what was read
	resetting              // another offset is looked for
	removed
)

// asked is a question on its way.
type asked struct {
	p *partition
	question
}

// ask notes what is asked about a partition. The lock is held.
func (p *partition) ask() asked { return asked{p, p.question} }

// stands reports whether an answer to the question still counts. The lock is held.
func (a asked) stands() bool { return a.p.question == a.question }

// streak counts what happens again and again at one offset.
type streak struct {
	offset int64
	code   int16
	n      int
}

// count returns how often in a row it has been this offset and code.
func (s *streak) count(offset int64, code int16) int {
	if s.offset != offset || s.code != code {
		*s = streak{offset: offset, code: code}
	}
	s.n++
	return s.n
}

// waits reports whether an event other than the router's time is waited for: the
// decoder must be done with what was fetched, or a new leader's records could overtake
// it; and before a reset Next's caller with what was decoded. Both wake the router.
func (p *partition) waits() bool {
	return p.pending > 0 || p.lost != 0 && p.queued > 0
}

func (p *partition) fetchError(err error) error {
	return fmt.Errorf("fetch %s/%d at offset %d: %w", p.Topic, p.Partition, p.offset, err)
}

func (p *partition) current() Lost {
	return Lost{
		Topic: p.Topic, Partition: p.Partition, Offset: p.offset, Why: p.lost, Agreed: p.agreed,
		Insisted: p.lost == OutOfRange && p.refused.n >= maxMisses,
		TopicID:  p.topicID, Assignment: p.assignment,
	}
}
