package fetch

import (
	"errors"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// identify notes the topic's ID, and that it is another topic now if that changed. The
// lock is held.
func (f *Fetcher) identify(p *partition, t cluster.Topic) {
	p.identified = p.identified || t.ID != (cluster.TopicID{})
	switch unknown := (cluster.TopicID{}); {
	case t.ID == unknown || t.ID == p.topicID:
	case p.topicID == unknown:
		p.topicID = t.ID
		if p.state == checking || p.state == resetting { // the answer does not count any more
			p.retryAt = time.Time{}
			f.free(p)
		}
	default:
		p.topicID = t.ID
		p.seenAt = time.Time{} // the watermark was that of another log
		f.markLost(p, Recreated)
	}
}

// confirm has more brokers asked which topics have the names of those whose logs lack an
// offset. Metadata of a broker that is cut off from its cluster may name a topic that was
// deleted, and the log is that of the one made in its place: reset as a log of the former,
// it would be read from its start once more when the ID of the other is known. Where
// nobody answers, the worst is just that.
func (f *Fetcher) confirm(questions []asked) {
	seen, names := make(map[string]bool), []string{}
	for _, a := range questions {
		if !seen[a.p.Topic] {
			seen[a.p.Topic] = true
			names = append(names, a.p.Topic)
		}
	}
	told, err := f.client.Confirm(f.ctx, names)
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range questions {
		if a.stands() {
			f.identify(a.p, told[a.p.Topic])
		}
	}
}

// follow frees a partition that is read from a broker which leads it no more, as newer
// metadata has it. A broker that is cut off from its cluster goes on answering fetches,
// and nothing new comes from it. The lock is held.
func (f *Fetcher) follow(p *partition, t cluster.Topic) {
	mp, ok := t.Partition(p.Partition)
	if !ok || mp.Leader < 0 || p.state != fetching {
		return
	}
	if mp.LeaderEpoch > p.epoch || mp.LeaderEpoch < 0 && mp.Leader != p.node && !p.replica {
		p.retryAt = time.Time{}
		f.free(p)
	}
}

// lookAgain finds topics that were deleted and made again, and leaders that changed,
// without any fetch failing: there may be no room for more records, or a broker that
// doesn't know it.
func (f *Fetcher) lookAgain() {
	topics := make(map[string]cluster.Topic)
	f.mu.Lock()
	for k := range f.parts {
		topics[k.Topic] = cluster.Topic{}
	}
	f.mu.Unlock()
	var old []string
	for name := range topics {
		if t, _ := f.client.Cached(name); time.Since(t.AsOf) > f.cfg.MetadataInterval/2 {
			old = append(old, name)
		}
	}
	if len(old) > 0 {
		if _, err := f.client.Refresh(f.ctx, old); err != nil {
			return // fetching goes on, and says so if it can't
		}
	}
	for name := range topics {
		topics[name], _ = f.client.Cached(name)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.parts {
		f.identify(p, topics[p.Topic])
		f.follow(p, topics[p.Topic])
	}
}

var errOlder = errors.New("metadata has an older leader epoch than the records that were read")

// older frees a partition of which records were read that were written after the leader
// in metadata led it. A broker that is cut off from its cluster names an older leader,
// itself perhaps, whose log says nothing about what is in the partition now: others are asked.
// It reports false in the end if that stays so: a cluster that was restored from a backup
// is back in older epochs. The lock is held.
func (f *Fetcher) older(p *partition, now cluster.Partition) bool {
	if p.lost == Recreated || now.LeaderEpoch < 0 || p.lastEpoch <= now.LeaderEpoch {
		p.older = 0
		return false
	}
	if p.older++; p.older > maxMisses {
		return false
	}
	f.client.Doubt(now.Leader)
	f.missed(p, errOlder)
	return true
}
