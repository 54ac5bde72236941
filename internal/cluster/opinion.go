package cluster

import (
	"context"
	"maps"
	"slices"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// maxOpinions is how many further brokers are asked about what is doubtful.
const maxOpinions = 2

// opinion is what other brokers say of what one has said of a topic.
type opinion struct {
	known, told  Topic
	confirmed    int // by this many
	contradicted int // in words of a broker in doubt
}

// hear counts what another broker says, and its contradiction as that of this many
// brokers in doubt.
func (o *opinion) hear(t Topic, words int) {
	switch {
	case t.Err != nil:
	case o.told.ID != o.known.ID && t.ID == o.told.ID:
		o.confirmed++
	case o.told.ID != o.known.ID && t.ID != o.known.ID:
	case o.told.ID == o.known.ID && fallen(o.known, t):
		o.confirmed++
	default:
		o.contradicted += words
	}
}

// confirm asks other brokers about what one has said that is doubtful, and returns the
// topics for which it is believed. A topic that was deleted and made again is read from
// its start: a broker that has not heard of it yet, or never will, must not take the
// client back to the topic that was before. One that is in doubt contradicts none that is
// not, but two do: connections to both may have broken for another reason.
// Where nobody else can be asked, or the others know of neither, the first is believed,
// unless there are others and it names the ID of a topic that was found to be gone.
func (c *Client) confirm(ctx context.Context, topics map[string]Topic, from string) map[string]bool {
	open := c.doubtful(topics)
	if len(open) == 0 {
		return nil
	}
	others, doubted, needed := c.others(from)
	alone, believed := len(others) == 0, make(map[string]bool, len(open))
	for range maxOpinions {
		names := slices.Collect(maps.Keys(open))
		if len(names) == 0 || len(others) == 0 {
			break
		}
		told, second, err := c.secondOpinion(ctx, others, names)
		if ctx.Err() != nil {
			return believed // what was not confirmed by then is not believed
		}
		if err != nil {
			break
		}
		others = slices.DeleteFunc(others, func(addr string) bool { return addr == second })
		words := maxOpinions
		if doubted[second] {
			words = 1
		}
		for name, o := range open {
			if o.hear(told[name], words); o.confirmed >= needed {
				believed[name] = true
				c.leave(name, o.known.ID, o.told.ID)
				delete(open, name)
			}
		}
	}
	for name, o := range open {
		believed[name] = o.contradicted < maxOpinions && (alone || !c.left(name, o.told.ID))
	}
	return believed
}

// secondOpinion asks the brokers at addresses, in their order, until one answers.
func (c *Client) secondOpinion(ctx context.Context, addrs, names []string) (told map[string]Topic, from string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*hedgeDelay)
	defer cancel()
	v, from, err := askAny(ctx, c, protocol.Metadata, addrs, func(ctx context.Context, conn *wire.Conn) (view, error) {
		return c.askMetadata(ctx, conn, names, leaveMissing)
	})
	return v.byName(names), from, err
}

// others lists the addresses of the brokers that may contradict the one at an address,
// those last which are in doubt where it is not, and says how many are needed to confirm
// what it says: two where it is known by another address, since one of them may be the
// same broker.
func (c *Client) others(from string) (addrs []string, doubted map[string]bool, needed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	needed, trusted := 2, false
	for _, a := range c.brokers {
		if a == from {
			needed, trusted = 1, !c.inDoubtLocked(a)
		}
	}
	doubted = make(map[string]bool)
	var last []string
	for _, a := range c.brokers {
		switch {
		case a == from:
		case trusted && c.inDoubtLocked(a):
			doubted[a], last = true, append(last, a)
		default:
			addrs = append(addrs, a)
		}
	}
	addrs = append(addrs, last...)
	return addrs, doubted, min(needed, max(len(addrs), 1))
}
