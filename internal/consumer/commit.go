package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
)

const (
	// commitSpacing keeps fast pipelines from committing all the time: each commit is a
	// record for each partition in the log of the coordinator.
	commitSpacing = time.Second
	commitTimeout = 10 * time.Second
)

// spacing is how long after a commit the next one is made at the earliest, unless a
// rebalance or Close asks for it.
func (c *Config) spacing() time.Duration {
	if c.CommitInterval > 0 {
		return min(c.CommitInterval, commitSpacing)
	}
	return commitSpacing
}

// runCommitter commits in the background, by time and by number of acks.
func (c *Consumer) runCommitter() {
	defer c.wg.Done()
	var tick <-chan time.Time
	if c.cfg.CommitInterval > 0 {
		t := time.NewTicker(c.cfg.CommitInterval)
		defer t.Stop()
		tick = t.C
	}
	for {
		select {
		case <-c.life.Done():
			return
		case <-tick:
		case <-c.commitNow:
		}
		ctx, cancel := context.WithTimeout(c.life, commitTimeout)
		err := c.commit(ctx)
		cancel()
		if err != nil && c.life.Err() == nil && !expected(err) {
			c.cfg.Group.Warn("commit offsets, trying again", err)
		}
		select {
		case <-c.life.Done():
			return
		case <-time.After(c.cfg.spacing()):
		}
	}
}

// expected reports errors that a rebalance brings with it: the membership deals
// with them.
func expected(err error) bool {
	return errors.Is(err, kafkago.RebalanceInProgress) || errors.Is(err, kafkago.IllegalGeneration) ||
		errors.Is(err, kafkago.UnknownMemberId)
}

func (c *Consumer) requestCommit() {
	select {
	case c.commitNow <- struct{}{}:
	default:
	}
}

// commit commits what is acknowledged and not committed yet. It tries again
// after passing errors, until ctx ends.
func (c *Consumer) commit(ctx context.Context) error {
	select {
	case c.committing <- struct{}{}:
		defer func() { <-c.committing }()
	case <-ctx.Done():
		return fmt.Errorf("wait for another commit to end: %w", ctx.Err())
	}
	once := func() error { return c.commitOnce(ctx) }
	retry := cluster.NewRetry(50*time.Millisecond, time.Second)
	for {
		err := c.cfg.commitFitting(c.topics.refused, once)
		if unknownTopic(err) && c.noteDeleted(ctx) == nil {
			err = c.cfg.commitFitting(c.topics.refused, once)
		}
		passes := cluster.Retriable(err) || errors.Is(err, cluster.StaleMemberEpoch) // the next one is known in a moment
		if err == nil || expected(err) || !passes || !retry.Wait(ctx) {
			return err
		}
	}
}

func (c *Consumer) commitOnce(ctx context.Context) error {
	c.acked.Store(0)
	generation := c.member.Generation() // before the offsets are collected
	commits := c.committable()
	if len(commits) == 0 {
		return nil
	}
	out, id := group.Offsets{}, c.client.ID()
	for _, k := range commits {
		out.Set(k.Topic, k.Partition, group.Offset{At: k.At, LeaderEpoch: k.LeaderEpoch, Metadata: c.topics.note(k, id), TopicID: k.TopicID})
	}
	taken, err := c.member.Commit(ctx, generation, out)
	c.cfg.Hooks.committed(err)
	missed := false
	for _, k := range commits {
		if _, ok := taken[k.Topic][k.Partition]; ok {
			c.tracker.Committed(k)
		} else {
			missed = missed || k.Read
		}
	}
	if errors.Is(err, kafkago.TopicAuthorizationFailed) && !missed {
		return nil // of topics that may not be read, which fetching says
	}
	return err
}
