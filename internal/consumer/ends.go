package consumer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// "What is written from now on" means from when the source was opened, and not from when
// a member of the group happens to be assigned a partition: joining takes seconds, and
// with many partitions far away it takes longer until each is begun. So FindEnds asks
// where the logs end before a source is open. The first source of a group commits that at
// once, since another member may get the partition, and this process may end before it
// has read a record.

// findEndsTimeout bounds how long FindEnds waits for leaders and the coordinator.
const findEndsTimeout = 10 * time.Second

// ends is where logs ended.
type ends map[message.TopicPartition]end

type end struct {
	topicID cluster.TopicID
	at      int64
}

// of returns where a partition of a topic ended; false if that is not known.
func (e ends) of(p message.TopicPartition, id cluster.TopicID) (int64, bool) {
	end, ok := e[p]
	return end.at, ok && end.topicID == id
}

// wantsEnds reports whether there may be partitions that are to be read from their ends.
func (c *Config) wantsEnds() bool { return !c.FromBeginning && c.StartAt.Time.IsZero() }

// FindEnds notes where the logs of the topics end that are there and to be read, for the
// partitions of which the group turns out to have no offset. If the group has committed
// nothing at all it commits them, but for partitions that Config.StartAt names. It waits
// ten seconds at most, and warns if something could not be found out or committed. A
// partition whose end is not found is begun by time.
func (c *Config) FindEnds(ctx context.Context, client *cluster.Client, topics map[string]cluster.Topic) {
	if !c.wantsEnds() {
		return
	}
	if c.started.IsZero() {
		c.started = time.Now()
	}
	ctx, cancel := context.WithTimeout(ctx, findEndsTimeout)
	defer cancel()
	list, enough := context.WithCancel(ctx)
	defer enough()
	listed := make(chan ends, 2)
	go func() { listed <- c.listEnds(list, client, topics) }()
	late := make(map[string]cluster.Topic)
	go func() {
		late = c.describe(list, client, c.undescribed(topics))
		listed <- c.listEnds(list, client, late)
	}()
	m := group.NewMember(client, c.Group, nil)
	committed, err := m.Committed(ctx, nil)
	if err != nil {
		c.Group.Warn("find out whether the group is new", err)
	} else if c.allCommitted(topics, committed) {
		enough()
	}
	c.ends = <-listed
	maps.Copy(c.ends, <-listed)
	topics = maps.Clone(topics)
	maps.Copy(topics, late)
	if err == nil && c.Resume == nil && len(committed) == 0 {
		c.commitEnds(ctx, client, m, topics)
	}
}

// read lists those of the topics that are to be read.
func (c *Config) read(topics map[string]cluster.Topic) []string {
	var out []string
	for name, t := range topics {
		if t.Err == nil && c.selects(t) {
			out = append(out, name)
		}
	}
	return out
}

func (c *Config) selects(t cluster.Topic) bool {
	return t.Chosen(c.Group.Topics, c.Group.Match)
}

func (c *Config) allCommitted(topics map[string]cluster.Topic, committed group.Offsets) bool {
	for _, name := range c.undescribed(topics) {
		if nothingIn(committed[name]) {
			return false
		}
	}
	for _, name := range c.read(topics) {
		for _, p := range topics[name].Partitions {
			if o, ok := committed[name][p.ID]; !ok || o.At < 0 {
				return false
			}
		}
	}
	return true
}

// listEnds asks all leaders at the same time, and again while one fails in passing.
func (c *Config) listEnds(ctx context.Context, client *cluster.Client, topics map[string]cluster.Topic) ends {
	found := make(ends)
	open := make(map[message.TopicPartition]cluster.OffsetQuery)
	for _, name := range c.read(topics) {
		for _, p := range topics[name].Partitions {
			open[message.TopicPartition{Topic: name, Partition: p.ID}] = cluster.OffsetQuery{Topic: name, Partition: p.ID, Timestamp: cluster.Latest}
		}
	}
	retry := cluster.NewRetry(minStartRetry, maxStartRetry)
	for {
		var trouble error
		again := false
		client.ListOffsets(ctx, c.Fetch.ReadCommitted, slices.Collect(maps.Values(open)), func(answers []cluster.OffsetAnswer) {
			for _, a := range answers {
				p := message.TopicPartition{Topic: a.Topic, Partition: a.Partition}
				if a.Err != nil {
					trouble, again = a.Err, again || cluster.Retriable(a.Err)
					continue
				}
				found[p] = end{topics[a.Topic].ID, a.Offset}
				delete(open, p)
			}
		})
		switch {
		case len(open) == 0, errors.Is(ctx.Err(), context.Canceled):
			return found
		case !again || !retry.Wait(ctx):
			c.Group.Warn(fmt.Sprintf("find where the logs end: %d partitions are read from %s on, unless the group has an offset", len(open), c.opened()), trouble)
			return found
		}
		names := make(map[string]bool)
		for p := range open {
			names[p.Topic] = true
		}
		_, _ = client.Refresh(ctx, slices.Collect(maps.Keys(names))) // ListOffsets says what is wrong
	}
}

// fromNow says why a partition starts at its end.
const fromNow = "what is written from now on"

// begins says where a partition is begun, and why.
func (c *Config) begins(p message.TopicPartition, at int64, why string) string {
	return fmt.Sprintf("group %q has no committed offset for %s/%d: starting at offset %d (%s)", c.Group.GroupID, p.Topic, p.Partition, at, why)
}
