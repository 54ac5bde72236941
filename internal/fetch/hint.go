package fetch

import (
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Brokers that lead a partition no more say who does (KIP-951): the fetcher goes there
// without asking for metadata. A leader that is silent or gone says nothing, but metadata
// that was asked for meanwhile may know its successor as well.

// refersOn reports whether a broker refuses to give records and names the leader.
func (r *partitionResponse) refersOn() bool { return r.leader >= 0 && cluster.LedElsewhere(r.err) }

// takeHints lets partitions go on at once with the leaders that a broker has named, where
// that is news. The lock is held.
func (f *Fetcher) takeHints(hints []cluster.LeaderHint, endpoints []cluster.Endpoint) {
	if len(hints) == 0 {
		return
	}
	for _, h := range f.client.TakeHints(hints, endpoints) {
		p := f.parts[message.TopicPartition{Topic: h.Topic, Partition: h.Partition}]
		if p.state == routing && p.misses < maxMisses {
			p.retryAt = time.Time{}
		}
	}
}

// knowsNext reports whether a leader of a newer epoch is known than the one that a partition
// was asked of last. Each epoch is tried once before metadata is asked for. The lock is
// held.
func (f *Fetcher) knowsNext(p *partition) bool {
	if p.epoch < 0 || p.lost != 0 {
		return false
	}
	t, _ := f.client.Cached(p.Topic)
	mp, ok := t.Partition(p.Partition)
	return ok && mp.Leader >= 0 && mp.LeaderEpoch > p.epoch && mp.LeaderEpoch >= p.lastEpoch
}
