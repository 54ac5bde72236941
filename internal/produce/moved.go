package produce

import (
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// A broker that does not lead a partition any more names the one that does (KIP-951). What
// it refused goes there at once, and nobody is asked who leads. If that one does not lead
// either, metadata is asked for as ever: the same leader epoch is news but once, so that two
// brokers which name each other do not keep a batch between them. Those that make up newer
// ones do so with the pauses of other retries.

// learnLeaders takes what an answer says of who leads partitions of queues.
func (p *Producer) learnLeaders(queues []*queue, res response) {
	var hints []cluster.LeaderHint
	for _, q := range queues {
		r := res.partitions[q.TopicPartition]
		if r.leader == nil || !cluster.LedElsewhere(r.code) {
			continue
		}
		hint := cluster.LeaderHint{Topic: q.Topic, Partition: q.Partition, Leader: r.leader.id, LeaderEpoch: r.leader.epoch}
		if res.byID {
			hint.TopicID = q.topicID
		}
		hints = append(hints, hint)
	}
	if len(hints) == 0 {
		return
	}
	for _, taken := range p.client.TakeHints(hints, res.leaders) {
		for _, q := range queues {
			if q.Topic == taken.Topic && q.Partition == taken.Partition {
				q.redirected = true
				q.redirections++
			}
		}
	}
}

// atOnce reports whether there is no need to wait before what failed is sent again: it goes
// to a broker that was named. Where it was sent on before, and nothing was written since,
// something may be wrong with what brokers say.
func (q *queue) atOnce() bool { return q.redirected && q.redirections == 1 }

// redirected reports whether all that failed goes to brokers that were named.
func (pl *plan) redirected() bool {
	return !slices.ContainsFunc(pl.queues, func(q *queue) bool { return pl.pending(q) && q.err != nil && !q.redirected })
}
