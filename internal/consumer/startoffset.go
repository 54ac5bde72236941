package consumer

import (
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// StartAt is a more exact place to begin than Config.FromBeginning, in partitions
// for which the group has committed nothing. Zero: none.
type StartAt struct {
	Time    time.Time                  // the first record at or after it
	Offsets map[string]map[int32]int64 // by topic and partition
}

// chooseOffset returns the question where to begin to read a partition for which the group has
// no offset. then gets the answer, or an error, which may be at once: then the question
// is nil.
func (c *Consumer) chooseOffset(start startPoint, then func(at int64, err error)) *question {
	p := start.TopicPartition
	begins := func(why string) func(int64, error) {
		return func(at int64, err error) {
			if err == nil {
				c.cfg.Info(c.cfg.begins(p, at, why))
			}
			then(at, err)
		}
	}
	offset, named := c.cfg.StartAt.Offsets[p.Topic][p.Partition]
	switch {
	case named && !c.topics.isRemade(p.Topic):
		return c.checkNamed(p, offset, begins)
	case c.cfg.FromBeginning:
		return c.offsetOfEnd(p, cluster.Earliest, begins("the first record"))
	case c.topics.isNew(p.Topic, p.Partition):
		return c.offsetOfEnd(p, cluster.Earliest, begins("the first record, since the partition is newer than the group"))
	case !c.cfg.StartAt.Time.IsZero():
		return c.offsetOfTime(p, c.cfg.StartAt.Time, begins)
	case start.expired:
		return c.offsetOfExpired(p, then)
	}
	if at, ok := c.cfg.ends.of(p, start.topicID); ok {
		begins(fromNow)(at, nil)
		return nil
	}
	if c.cfg.ends != nil {
		return c.offsetOfTime(p, c.cfg.opened(), begins)
	}
	return c.offsetOfEnd(p, cluster.Latest, begins(fromNow))
}

// offsetOfEnd asks for an end of the log.
func (c *Consumer) offsetOfEnd(p message.TopicPartition, end int64, then func(int64, error)) *question {
	return &question{p, c.cfg.Fetch.ReadCommitted, []int64{end}, func(offsets []int64, err error) *question {
		then(offsets[0], err)
		return nil
	}}
}

// offsetOfTime asks for the end of the log first, since a record at or after the time may
// be written between the two questions.
func (c *Consumer) offsetOfTime(p message.TopicPartition, at time.Time, begins func(why string) func(int64, error)) *question {
	why := "the first record at or after " + at.Format(time.RFC3339)
	return &question{p, c.cfg.Fetch.ReadCommitted, []int64{cluster.Latest}, func(latest []int64, err error) *question {
		if err != nil {
			begins(why)(0, err)
			return nil
		}
		return &question{p, c.cfg.Fetch.ReadCommitted, []int64{at.UnixMilli()}, func(first []int64, err error) *question {
			if err == nil && first[0] < 0 {
				begins("the end, since there is not yet "+why)(latest[0], nil)
			} else {
				begins(why)(first[0], err)
			}
			return nil
		}}
	}}
}

// checkNamed checks an offset that startAt names before it is committed: a mistake must
// not outlive its correction.
func (c *Consumer) checkNamed(p message.TopicPartition, offset int64, begins func(why string) func(int64, error)) *question {
	return c.bounds(p, func(first, end int64, err error) *question {
		if err != nil || offset >= first && offset <= end {
			begins("startAt names it")(offset, err)
			return nil
		}
		out := outOfRange{TopicPartition: p, offset: offset, first: first, end: end}
		return c.resetTo(out, func(to int64, err error) {
			if err == nil {
				c.warnReset(out, to)
			}
			begins(fmt.Sprintf("startAt names %d, which is not in the log", offset))(to, err)
		})
	})
}

// bounds asks for both ends of a log.
func (c *Consumer) bounds(p message.TopicPartition, then func(first, end int64, err error) *question) *question {
	return &question{p, false, []int64{cluster.Earliest, cluster.Latest}, func(offsets []int64, err error) *question {
		return then(offsets[0], offsets[1], err)
	}}
}

// offsetOfExpired begins where the group had an offset once: "what is written from now
// on" would pass over what came since. It counts as one that is not in the log.
func (c *Consumer) offsetOfExpired(p message.TopicPartition, then func(int64, error)) *question {
	what := fmt.Sprintf("group %q has no committed offset for %s/%d any more", c.cfg.Group.GroupID, p.Topic, p.Partition)
	end := cluster.Earliest
	switch c.cfg.Reset {
	case ResetError:
		then(0, resetRefused(what, errForgotten))
		return nil
	case ResetLatest:
		end = cluster.Latest
	}
	return c.offsetOfEnd(p, end, func(at int64, err error) {
		if err == nil {
			c.cfg.Group.Warn(fmt.Sprintf("%s: resuming at offset %d, as autoOffsetReset says", what, at), errForgotten)
		}
		then(at, err)
	})
}
