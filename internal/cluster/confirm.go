package cluster

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// maxFormer is how many IDs of topics that are gone are remembered for a name.
const maxFormer = 8

// leave notes that a topic of a name is gone, and another one has its name: IDs don't
// come back, and a broker that names the former one has not heard of it.
func (c *Client) leave(name string, gone, now TopicID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if gone == now || gone == (TopicID{}) {
		return
	}
	ids := slices.DeleteFunc(c.former[name], func(id TopicID) bool { return id == gone || id == now })
	ids = append(ids, gone)
	c.former[name] = ids[max(0, len(ids)-maxFormer):]
}

// left reports whether a topic of a name is known to be gone.
func (c *Client) left(name string, id TopicID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.former[name], id)
}

// Confirm asks several brokers which topics have the names, where something else than
// metadata names another one: the broker that metadata came from may be cut off from its cluster.
// What most of them say is what is known from then on; where they are even, what was
// known before. Topics that none describes have an error: that there is no such topic
// only where none of them says otherwise.
func (c *Client) Confirm(ctx context.Context, names []string) (map[string]Topic, error) {
	addrs, ballots := c.voters(), make(map[string]*ballot, len(names))
	for _, name := range names {
		ballots[name] = &ballot{votes: make(map[TopicID]int)}
	}
	for voted := 0; voted <= maxOpinions && len(addrs) > 0 && len(names) > 0; voted++ {
		told, from, err := c.secondOpinion(ctx, addrs, names)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && voted == 0:
			return nil, err
		case err != nil:
			addrs = nil
			continue
		}
		addrs = slices.DeleteFunc(addrs, func(addr string) bool { return addr == from })
		names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return ballots[name].count(told[name]) })
	}
	out := make(map[string]Topic, len(ballots))
	for name, b := range ballots {
		out[name] = c.elect(name, b)
	}
	return out, nil
}

// voters lists the brokers, each by one address.
func (c *Client) voters() []string {
	addrs := c.candidates()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.brokers) == 0 {
		return addrs
	}
	known := slices.Collect(maps.Values(c.brokers))
	return slices.DeleteFunc(addrs, func(addr string) bool { return !slices.Contains(known, addr) })
}

// ballot is what brokers say of one topic. Those that know no IDs, as one older than
// Kafka 2.8 among newer ones, vote for none.
type ballot struct {
	told  []Topic // of each ID, with the newest leaders
	votes map[TopicID]int
	err   error // of those that describe none
}

// count counts what a broker says, and reports whether that decides it.
func (b *ballot) count(t Topic) bool {
	if t.Err != nil {
		if b.err == nil || errors.Is(b.err, kafkago.UnknownTopicOrPartition) {
			b.err = t.Err
		}
		return false
	}
	if i := slices.IndexFunc(b.told, func(o Topic) bool { return o.ID == t.ID }); i >= 0 {
		b.told[i].Partitions = newer(b.told[i].Partitions, t.Partitions)
	} else {
		b.told = append(b.told, t)
	}
	if t.ID != (TopicID{}) {
		b.votes[t.ID]++
	}
	return b.votes[t.ID] > maxOpinions/2
}

// elect makes what most brokers say of a topic what is known of it.
func (c *Client) elect(name string, b *ballot) Topic {
	if len(b.told) == 0 {
		return Topic{Name: name, Err: b.err, AsOf: time.Now()}
	}
	c.mu.Lock()
	known := c.believed[name].ID
	c.mu.Unlock()
	won := slices.MaxFunc(b.told, func(x, y Topic) int {
		return cmp.Compare(b.votes[x.ID], b.votes[y.ID])
	})
	if b.votes[won.ID] == b.votes[known] && b.votes[known] > 0 {
		won = b.told[slices.IndexFunc(b.told, func(t Topic) bool { return t.ID == known })]
	}
	for _, t := range b.told {
		if t.ID != won.ID && b.votes[t.ID] < b.votes[won.ID] {
			c.leave(name, t.ID, won.ID)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.learnLocked(won, won.ID != known && won.ID != (TopicID{}))
}
