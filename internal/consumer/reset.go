package consumer

import (
	"context"
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// ResetPolicy is where to go on in a partition whose offset is not in its log.
type ResetPolicy int8

// The reset policies. ResetError ends the consumer with an error.
const (
	ResetEarliest ResetPolicy = iota
	ResetLatest
	ResetError
)

// reset finds where to go on in partitions that can't be read on from their offsets.
func (c *Consumer) reset(ctx context.Context, lost []fetch.Lost, found func(fetch.Found) bool) {
	questions := make([]*question, 0, len(lost))
	for _, l := range lost {
		if l.Why == fetch.Recreated && !c.member.Holds(l.Topic, l.TopicID) {
			found(fetch.Found{Lost: l, Err: notAssigned(l.Topic)})
			continue
		}
		questions = append(questions, c.bounds(message.TopicPartition{Topic: l.Topic, Partition: l.Partition}, func(first, end int64, err error) *question {
			switch {
			case err != nil:
				found(fetch.Found{Lost: l, Err: err})
			case l.Why == fetch.Recreated:
				c.recreated(l, first, found)
			case l.Why == fetch.Diverged && first <= l.Offset: // or what comes next was deleted
				c.diverged(l, max(first, l.Agreed), found)
			case l.Offset >= first && l.Offset <= end && !l.Insisted:
				found(fetch.Found{Lost: l, To: l.Offset}) // it was a replica that lagged
			default:
				return c.outOfRange(l, first, end, found)
			}
			return nil
		}))
	}
	c.inquire(ctx, questions, func() {})
}

// notAssigned is the error of a topic of which the group has assigned another one of the
// same name, for the moment.
func notAssigned(topic string) error {
	return fmt.Errorf("topic %q was deleted and made again, and the group has yet to assign the new one: %w", topic, kafkago.UnknownTopicID)
}

// recreated goes on in the topic that has the name now.
func (c *Consumer) recreated(l fetch.Lost, first int64, found func(fetch.Found) bool) {
	counts := found(fetch.Found{Lost: l, To: first, Apply: func() {
		c.topics.noteIDs(map[string]cluster.Topic{l.Topic: {Name: l.Topic, ID: l.TopicID}})
		c.tracker.Restart(l.Topic, l.Partition, l.Assignment, first, l.TopicID)
	}})
	if c.wasReset(counts) {
		c.cfg.Group.Warn(fmt.Sprintf("topic %q was deleted and made again: reading partition %d from offset %d", l.Topic, l.Partition, first),
			fmt.Errorf("what was in the old topic from offset %d on was not read", l.Offset))
	}
}

// diverged goes on where the log is no longer what was read.
func (c *Consumer) diverged(l fetch.Lost, to int64, found func(fetch.Found) bool) {
	counts := found(fetch.Found{Lost: l, To: to, Apply: func() { c.tracker.Rewind(l.Topic, l.Partition, l.Assignment, to) }})
	if c.wasReset(counts) {
		c.cfg.Group.Warn(fmt.Sprintf("an unclean leader election took offsets %d to %d of %s/%d, which were read, out of the log: resuming at %d with what is there now",
			to, l.Offset-1, l.Topic, l.Partition, to), fmt.Errorf("up to %d records exist only where they were written to", l.Offset-to))
	}
}

// outOfRange goes on as autoOffsetReset says.
func (c *Consumer) outOfRange(l fetch.Lost, first, end int64, found func(fetch.Found) bool) *question {
	out := outOfRange{message.TopicPartition{Topic: l.Topic, Partition: l.Partition}, l.Offset, first, end, l.Insisted}
	return c.resetTo(out, func(to int64, err error) {
		goOn := c.tracker.Rewind
		if to >= l.Offset {
			goOn = c.tracker.Skip
		}
		counts := found(fetch.Found{Lost: l, To: to, Err: err, Apply: func() { goOn(l.Topic, l.Partition, l.Assignment, to) }})
		if c.wasReset(counts) {
			c.warnReset(out, to)
		}
	})
}

func (c *Consumer) wasReset(counts bool) bool {
	if counts {
		c.cfg.Hooks.reset()
		c.requestCommit()
	}
	return counts
}

// outOfRange is an offset that is not in its log, which has first up to, not including,
// end; or that the leader refuses although it is.
type outOfRange struct {
	message.TopicPartition
	offset     int64
	first, end int64
	refused    bool
}

func (o outOfRange) text(group string) string {
	if o.refused {
		return fmt.Sprintf("offset %d of %s/%d, where group %q is to go on, is refused by the leader, though its log has %d to %d",
			o.offset, o.Topic, o.Partition, group, o.first, o.end)
	}
	return fmt.Sprintf("offset %d of %s/%d, where group %q is to go on, is not in the log, which has %d to %d",
		o.offset, o.Topic, o.Partition, group, o.first, o.end)
}

// resetTo chooses where to go on instead, which may take another question.
func (c *Consumer) resetTo(o outOfRange, then func(to int64, err error)) *question {
	switch c.cfg.Reset {
	case ResetError:
		then(0, resetRefused(o.text(c.cfg.Group.GroupID), errors.New(o.missing())))
	case ResetLatest:
		return c.offsetOfEnd(o.TopicPartition, cluster.Latest, then)
	default:
		then(o.first, nil)
	}
	return nil
}

// resetRefused is the error of a partition that may not be reset.
func resetRefused(what string, why error) error {
	return fmt.Errorf("%s: %w, and autoOffsetReset is error: commit another offset for the group, or name another one in startAt where it has committed none, or set autoOffsetReset to earliest or latest: %w",
		what, why, kafkago.OffsetOutOfRange)
}

// warnReset says which records it costs to go on at another offset.
func (c *Consumer) warnReset(o outOfRange, to int64) {
	c.cfg.Group.Warn(fmt.Sprintf("%s: resuming at offset %d", o.text(c.cfg.Group.GroupID), to), errors.New(gap(o.offset, to)))
}

// missing says what the log lacks.
func (o outOfRange) missing() string {
	switch {
	case o.refused:
		return fmt.Sprintf("offset %d can't be read", o.offset)
	case o.offset < o.first:
		return fmt.Sprintf("offsets %d to %d, up to %d records, were deleted", o.offset, o.first-1, o.first-o.offset)
	}
	return fmt.Sprintf("offsets %d to %d, %d in all, are not there", o.end, o.offset-1, o.offset-o.end)
}

// gap says what lies between the offset that was wanted and the one taken.
func gap(wanted, taken int64) string {
	if taken < wanted {
		return fmt.Sprintf("offsets %d to %d, %d in all, are read again if they were read before", taken, wanted-1, wanted-taken)
	}
	return fmt.Sprintf("offsets %d to %d, up to %d records, are not read", wanted, taken-1, taken-wanted)
}
