package fetch

import (
	"time"

	"github.com/segmentio/kafka-go/protocol/fetch"
)

// request builds a fetch of all partitions that the broker's loop has, nil if there
// are none. In a session it names those that the broker is asked something else about
// than before, and those that it has no more.
//
// Where all are named they come in another order each time: brokers fill answers in the
// order of the request, and give a batch that is larger than a limit only at the front.
// In a session Kafka lets partitions take turns by itself, other brokers begin with those
// that are named. So all are, while that is no more than what comes.
func (f *Fetcher) request(b *broker) *fetch.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil // an error is final: what comes after it is not read
	}
	req := &fetch.Request{
		ReplicaID:   -1,
		MaxWaitTime: int32(f.wait().Milliseconds()),
		MinBytes:    f.cfg.MinBytes,
		MaxBytes:    b.size.next(&f.cfg, f.waits, f.buffered, f.taken, time.Now()),
		RackID:      f.cfg.Rack,
	}
	b.session.sign(req)
	if f.cfg.ReadCommitted {
		req.IsolationLevel = 1
	}
	whole := b.session.whole()
	if whole {
		b.open = b.open[:0]
	}
	clear(b.topics)
	b.round++
	n := 0
	for p := range b.parts {
		if f.askLeader(p) {
			continue
		}
		if p.onlyLeader() {
			req.RackID = "" // for all of them: it is a field of the request
		}
		if p.maxBytes > f.cfg.MaxPartitionBytes {
			req.MaxBytes = max(req.MaxBytes, p.maxBytes)
		}
		n++
		if b.inquire(p, whole) || b.busy {
			b.name(req, p)
		}
	}
	if n == 0 {
		return nil
	}
	if len(b.asked) > n {
		b.forget(req, whole)
	}
	return req
}

// nameSize is how many bytes it takes to name a partition, without its topic.
const nameSize = 28

// inquire notes what is asked about a partition, and reports whether it is something
// else than the broker's session has. The Fetcher's lock is held.
func (b *broker) inquire(p *partition, whole bool) bool {
	i := b.asked[p.TopicPartition]
	if i == nil {
		i = &inquiry{watermark: -1}
		b.asked[p.TopicPartition] = i
	}
	i.round = b.round
	if now := p.ask(); whole || i.asked != now || i.maxBytes != p.maxBytes {
		i.asked, i.maxBytes, i.unheardOf = now, p.maxBytes, 0
		if whole {
			i.watermark = -1
		}
		b.open = append(b.open, i)
		return true
	}
	return false
}

// name puts a partition into a request. The Fetcher's lock is held.
func (b *broker) name(req *fetch.Request, p *partition) {
	i, ok := b.topics[p.Topic]
	if !ok {
		i = len(req.Topics)
		b.topics[p.Topic] = i
		req.Topics = append(req.Topics, fetch.RequestTopic{Topic: p.Topic})
	}
	req.Topics[i].Partitions = append(req.Topics[i].Partitions, fetch.RequestPartition{
		Partition:          p.Partition,
		CurrentLeaderEpoch: p.epoch,
		FetchOffset:        p.offset,
		LogStartOffset:     -1,
		PartitionMaxBytes:  p.maxBytes,
	})
}

// forget drops the partitions that the broker is not asked about any more, also from
// its session. The Fetcher's lock is held.
func (b *broker) forget(req *fetch.Request, whole bool) {
	gone := make(map[string][]int32)
	for k, i := range b.asked {
		if i.round != b.round {
			delete(b.asked, k)
			gone[k.Topic] = append(gone[k.Topic], k.Partition)
		}
	}
	if whole {
		return
	}
	for topic, ids := range gone {
		req.ForgottenTopics = append(req.ForgottenTopics, fetch.RequestForgottenTopic{Topic: topic, Partitions: ids})
	}
}

// wait is how long a broker without records may wait for some. While partitions
// are being added that is short: those that come a moment later would have to wait
// for the answer. The lock is held.
func (f *Fetcher) wait() time.Duration {
	if time.Since(f.added) < settling {
		return min(f.cfg.MaxWait, settlingWait)
	}
	return f.cfg.MaxWait
}

const (
	settling     = time.Second
	settlingWait = 20 * time.Millisecond
)
